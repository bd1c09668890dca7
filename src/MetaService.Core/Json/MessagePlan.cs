using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace MetaService.Json;

/// <summary>How messages of one type are read and written. Made once per type, on first use.</summary>
internal abstract class MessagePlan
{
    private static readonly ConcurrentDictionary<Type, MessagePlan> Plans = new();

    public static MessagePlan For(Type messageType) => Plans.GetOrAdd(messageType, static type =>
        (MessagePlan)typeof(MessagePlan<>).MakeGenericType(type).GetField(nameof(MessagePlan<>.Instance))!.GetValue(null)!);

    public abstract IMessage ReadObject(ref JsonCursor json);

    public abstract void WriteObject(ref JsonTokenWriter json, IMessage message);

    public abstract IMessage Clone(IMessage message);
}

/// <inheritdoc cref="MessagePlan"/>
internal sealed class MessagePlan<TMessage> : MessagePlan
    where TMessage : class, IMessage<TMessage>, new()
{
    // Plans of nested types are found when first needed, so types that hold themselves are no problem.
    public static readonly MessagePlan<TMessage> Instance = new(new TMessage().Descriptor);

    private readonly FieldPlan<TMessage>[] _fields;
    private readonly NameTable<FieldPlan<TMessage>> _byName;

    private MessagePlan(MessageDescriptor descriptor)
    {
        var fields = descriptor.Fields.InFieldNumberOrder();
        _fields = [.. fields.Select(FieldPlanFactory.Create<TMessage>)];
        _byName = new NameTable<FieldPlan<TMessage>>(fields
            .Zip(_fields, (field, plan) => new[] { field.Name, field.JsonName }.Distinct().Select(name => (name, plan)))
            .SelectMany(names => names)
            .Select(pair => KeyValuePair.Create(Encoding.UTF8.GetBytes(pair.name), pair.plan)));
    }

    public override IMessage ReadObject(ref JsonCursor json)
    {
        var message = new TMessage();
        ReadObject(ref json, message);
        return message;
    }

    public void ReadObject(ref JsonCursor json, TMessage target)
    {
        if (json.Token != JsonTokenType.StartObject)
        {
            throw json.Unexpected("a JSON object");
        }

        json.EnterObject();
        for (json.Advance(); json.Token != JsonTokenType.EndObject; json.Advance())
        {
            if (_byName.TryFind(json.Text, out var field))
            {
                json.AtField(field.Name);
                json.Advance();
                if (json.Token != JsonTokenType.Null)
                {
                    field.Read(ref json, target);
                }
            }
            else
            {
                json.Advance();
                json.Skip();
            }

            json.AtField(null);
        }

        json.LeaveObject();
    }

    public override void WriteObject(ref JsonTokenWriter json, IMessage message) => WriteObject(ref json, (TMessage)message);

    public override IMessage Clone(IMessage message) => ((TMessage)message).Clone();

    public void WriteObject(ref JsonTokenWriter json, TMessage message)
    {
        json.BeginObject();
        foreach (var field in _fields)
        {
            field.Write(ref json, message);
        }

        json.EndObject();
    }
}
