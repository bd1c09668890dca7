using System.Buffers;

namespace MetaService.Keys;

/// <summary>What a field of a key holds.</summary>
public enum KeyFieldKind
{
    /// <summary>A constant that tells key types apart.</summary>
    Literal,

    /// <summary>A string of bytes.</summary>
    Text,

    /// <summary>A signed integer.</summary>
    Number,
}

/// <summary>A field of a key.</summary>
/// <param name="Name">The constant of a literal; else the field's name, which is also its parameter in encode_key.</param>
public readonly record struct KeyField(KeyFieldKind Kind, string Name)
{
    public static KeyField Literal(string text) => new(KeyFieldKind.Literal, text);

    public static KeyField Text(string name) => new(KeyFieldKind.Text, name);

    public static KeyField Number(string name) => new(KeyFieldKind.Number, name);
}

/// <summary>
/// The one declaration of a type of key: encoding, decoding, printing, encode_key, get_value and the documentation all read it.
/// </summary>
public sealed class KeyDefinition
{
    private readonly byte[][] _literals;

    internal KeyDefinition(string name, byte space, string value, string meaning, params KeyField[] fields)
    {
        Name = name;
        Space = space;
        Value = value;
        Meaning = meaning;
        Fields = fields;
        _literals = [.. fields.Select(f => f.Kind == KeyFieldKind.Literal ? EncodeText(f.Name) : [])];
    }

    /// <summary>The type's name, as encode_key and get_value take it, e.g. <c>TxnInfoKey</c>.</summary>
    public string Name { get; }

    /// <summary>The first byte of each key.</summary>
    public byte Space { get; }

    /// <summary>What the value is: a record's name or a format in words.</summary>
    public string Value { get; }

    /// <summary>What the key is for, in a few words.</summary>
    public string Meaning { get; }

    /// <summary>All fields in order, literals included.</summary>
    public IReadOnlyList<KeyField> Fields { get; }

    /// <summary>
    /// Encodes a key from the values of its fields without the literals, in order. With fewer values it is the prefix that all keys
    /// with these values share, up to and including the literals before the first value not given.
    /// </summary>
    /// <exception cref="ArgumentException">A value is of the wrong kind or there are too many.</exception>
    public byte[] Encode(params ReadOnlySpan<KeyPart> values)
    {
        var size = 1;
        foreach (var literal in _literals)
        {
            size += literal.Length;
        }

        foreach (var value in values)
        {
            size += value.IsNumber ? OrderedCodec.Int64Length : OrderedCodec.MaxEncodedLength(value.ByteCount);
        }

        var rented = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            return rented.AsSpan(0, Encode(rented, values)).ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private int Encode(Span<byte> destination, ReadOnlySpan<KeyPart> values)
    {
        destination[0] = Space;
        var at = 1;
        var next = 0;
        for (var i = 0; i < Fields.Count; i++)
        {
            if (Fields[i].Kind == KeyFieldKind.Literal)
            {
                _literals[i].CopyTo(destination[at..]);
                at += _literals[i].Length;
                continue;
            }

            if (next == values.Length)
            {
                return at;
            }

            var value = values[next++];
            if (value.IsNumber != (Fields[i].Kind == KeyFieldKind.Number))
            {
                throw new ArgumentException($"{Name}: {Fields[i].Name} is a {Fields[i].Kind}");
            }

            at += value.IsNumber
                ? OrderedCodec.WriteInt64(value.Number, destination[at..])
                : WriteText(value, destination[at..]);
        }

        return next == values.Length ? at : throw new ArgumentException($"{Name} has only {next} fields");
    }

    private static int WriteText(KeyPart value, Span<byte> destination)
    {
        var rented = ArrayPool<byte>.Shared.Rent(value.ByteCount);
        try
        {
            return OrderedCodec.WriteBytes(rented.AsSpan(0, value.CopyBytesTo(rented)), destination);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static byte[] EncodeText(string text)
    {
        var buffer = new byte[OrderedCodec.MaxEncodedLength(text.Length)];
        return buffer[..WriteText(text, buffer)];
    }
}
