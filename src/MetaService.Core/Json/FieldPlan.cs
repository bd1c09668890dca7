using System.Text;
using System.Text.Json;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;

namespace MetaService.Json;

/// <summary>How one field of a message type is read and written, bound to the generated properties without boxing.</summary>
internal abstract class FieldPlan<TMessage>
{
    private readonly byte[] _spacedName;
    private readonly byte[] _compactName;

    protected FieldPlan(FieldDescriptor descriptor)
    {
        Name = descriptor.Name;
        _spacedName = Encoding.UTF8.GetBytes($"\"{Name}\": ");
        _compactName = Encoding.UTF8.GetBytes($"\"{Name}\":");
    }

    public string Name { get; }

    /// <summary>Reads the value at the current token, which is not null, in place of what the field holds.</summary>
    public abstract void Read(ref JsonCursor json, TMessage target);

    /// <summary>Writes name and value, or nothing if the field is not set.</summary>
    public abstract void Write(ref JsonTokenWriter json, TMessage source);

    protected void WriteName(ref JsonTokenWriter json) =>
        json.WritePreparedName(json.Style == ProtoJsonStyle.Http ? _spacedName : _compactName);

    protected static Func<TMessage, TValue> Getter<TValue>(string property) =>
        typeof(TMessage).GetProperty(property)!.GetMethod!.CreateDelegate<Func<TMessage, TValue>>();

    protected static Action<TMessage, TValue> Setter<TValue>(string property) =>
        typeof(TMessage).GetProperty(property)!.SetMethod!.CreateDelegate<Action<TMessage, TValue>>();
}

/// <summary>A scalar or enum field, which is set or not.</summary>
internal sealed class ScalarField<TMessage, TValue>(FieldDescriptor descriptor, ValueCodec<TValue> codec)
    : FieldPlan<TMessage>(descriptor)
{
    private readonly Func<TMessage, bool> _isSet = Getter<bool>("Has" + descriptor.PropertyName);
    private readonly Func<TMessage, TValue> _get = Getter<TValue>(descriptor.PropertyName);
    private readonly Action<TMessage, TValue> _set = Setter<TValue>(descriptor.PropertyName);

    public override void Read(ref JsonCursor json, TMessage target) => _set(target, codec.Read(ref json));

    public override void Write(ref JsonTokenWriter json, TMessage source)
    {
        if (_isSet(source))
        {
            WriteName(ref json);
            codec.Write(ref json, _get(source));
        }
    }
}

/// <summary>A message field, which is set unless it is null.</summary>
internal sealed class MessageField<TMessage, TValue>(FieldDescriptor descriptor, ValueCodec<TValue> codec)
    : FieldPlan<TMessage>(descriptor)
    where TValue : class
{
    private readonly Func<TMessage, TValue?> _get = Getter<TValue?>(descriptor.PropertyName);
    private readonly Action<TMessage, TValue> _set = Setter<TValue>(descriptor.PropertyName);

    public override void Read(ref JsonCursor json, TMessage target) => _set(target, codec.Read(ref json));

    public override void Write(ref JsonTokenWriter json, TMessage source)
    {
        if (_get(source) is { } value)
        {
            WriteName(ref json);
            codec.Write(ref json, value);
        }
    }
}

/// <summary>A repeated field: an array, left out when empty.</summary>
internal sealed class RepeatedFieldPlan<TMessage, TElement>(FieldDescriptor descriptor, ValueCodec<TElement> codec)
    : FieldPlan<TMessage>(descriptor)
{
    private readonly Func<TMessage, RepeatedField<TElement>> _get = Getter<RepeatedField<TElement>>(descriptor.PropertyName);

    public override void Read(ref JsonCursor json, TMessage target)
    {
        if (json.Token != JsonTokenType.StartArray)
        {
            throw json.Unexpected("an array");
        }

        var elements = _get(target);
        elements.Clear();
        json.AtIndex(0);
        for (json.Advance(); json.Token != JsonTokenType.EndArray; json.Advance())
        {
            elements.Add(codec.Read(ref json));
            json.AtIndex(elements.Count);
        }

        json.OutOfArray();
    }

    public override void Write(ref JsonTokenWriter json, TMessage source)
    {
        var elements = _get(source);
        if (elements.Count == 0)
        {
            return;
        }

        WriteName(ref json);
        json.BeginArray();
        for (var i = 0; i < elements.Count; i++) // Its enumerator would be an allocation.
        {
            codec.Write(ref json, elements[i]);
        }

        json.EndArray();
    }
}

/// <summary>A map field: a JSON object, written in the order of the keys.</summary>
internal sealed class MapFieldPlan<TMessage, TKey, TValue>(
    FieldDescriptor descriptor, MapKeyCodec<TKey> keyCodec, ValueCodec<TValue> codec)
    : FieldPlan<TMessage>(descriptor)
    where TKey : notnull
{
    private readonly Func<TMessage, MapField<TKey, TValue>> _get = Getter<MapField<TKey, TValue>>(descriptor.PropertyName);

    public override void Read(ref JsonCursor json, TMessage target)
    {
        if (json.Token != JsonTokenType.StartObject)
        {
            throw json.Unexpected("an object of names and values");
        }

        var entries = _get(target);
        entries.Clear();
        var index = 0;
        json.AtIndex(0);
        for (json.Advance(); json.Token != JsonTokenType.EndObject; json.Advance())
        {
            var key = keyCodec.Read(ref json);
            json.Advance();
            entries[key] = codec.Read(ref json);
            json.AtIndex(++index);
        }

        json.OutOfArray();
    }

    public override void Write(ref JsonTokenWriter json, TMessage source)
    {
        var entries = _get(source);
        if (entries.Count == 0)
        {
            return;
        }

        var keys = new TKey[entries.Count];
        entries.Keys.CopyTo(keys, 0);
        Array.Sort(keys, keyCodec.Order);

        WriteName(ref json);
        json.BeginObject();
        foreach (var key in keys)
        {
            keyCodec.Write(ref json, key);
            codec.Write(ref json, entries[key]);
        }

        json.EndObject();
    }
}
