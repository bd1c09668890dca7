using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace MetaService.Keys;

/// <summary>
/// The one declaration of a type of key: encoding, decoding, printing, encode_key, get_value and the documentation all read it.
/// </summary>
public sealed class KeyDefinition
{
    private readonly byte[][] _literals;

    internal KeyDefinition(string name, byte space, KeyValueFormat value, string meaning, params KeyField[] fields)
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

    /// <summary>How the value is laid out.</summary>
    public KeyValueFormat Value { get; }

    /// <summary>What the key is for, in a few words.</summary>
    public string Meaning { get; }

    /// <summary>All fields in order, literals included.</summary>
    public IReadOnlyList<KeyField> Fields { get; }

    /// <summary>Whether it tells of what servers are doing with this very store, so that a copy of the store must be without it.</summary>
    public bool IsTransient { get; init; }

    /// <summary>Whether the record is kept in several versions, each under a key that ends with its versionstamp.</summary>
    public bool IsVersioned => Fields[^1].Kind == KeyFieldKind.EndVersionstamp;

    /// <summary>
    /// Encodes a key from the values of its fields without the literals, in order. With fewer values it is the prefix that all keys
    /// with these values share, up to and including the literals before the first value not given.
    /// </summary>
    /// <exception cref="ArgumentException">A value is of the wrong kind or has no encoding, or there are too many.</exception>
    public byte[] Encode(params ReadOnlySpan<KeyPart> values)
    {
        var size = 1;
        foreach (var literal in _literals)
        {
            size += literal.Length;
        }

        foreach (var value in values)
        {
            size += value.Kind == KeyFieldKind.Text
                ? OrderedCodec.MaxEncodedLength(value.ByteCount)
                : OrderedCodec.EndVersionstampLength;
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

    /// <summary>All keys whose first fields have these values.</summary>
    /// <exception cref="ArgumentException">As for <see cref="Encode(ReadOnlySpan{KeyPart})"/>.</exception>
    public KeyRange Range(params ReadOnlySpan<KeyPart> values) => KeyRange.Prefix(Encode(values));

    /// <summary>Takes a key of this type apart; false when it is of another type or malformed.</summary>
    public bool TryParse(ReadOnlySpan<byte> key, [NotNullWhen(true)] out ParsedKey? parsed)
    {
        parsed = KeyDecoder.TryDecode(key, out var tokens, out _) ? Match(key[0], tokens) : null;
        return parsed is not null;
    }

    /// <summary>The key when its fields are those of this type, else null.</summary>
    internal ParsedKey? Match(byte space, IReadOnlyList<KeyToken> tokens)
    {
        if (space != Space)
        {
            return null;
        }

        var values = new List<KeyPart>(tokens.Count);
        var next = 0;
        for (var i = 0; i < Fields.Count; i++)
        {
            if (next == tokens.Count)
            {
                return Fields[i].Kind == KeyFieldKind.EndVersionstamp ? new ParsedKey(this, values) : null;
            }

            var token = tokens[next++];
            if (!token.Fits(Fields[i]))
            {
                return null;
            }

            if (Fields[i].Kind != KeyFieldKind.Literal)
            {
                values.Add(token.Value);
            }
        }

        return (tokens.Count - next) switch
        {
            0 => new ParsedKey(this, values),
            1 when Value.IsSplit && tokens[next].Value is { IsNumber: true, Number: >= 0 } chunk =>
                new ParsedKey(this, values, chunk.Number),
            _ => null,
        };
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

            at += Write(Fields[i], values[next++], destination[at..]);
        }

        return next == values.Length ? at : throw new ArgumentException($"{Name} has only {next} fields");
    }

    private int Write(KeyField field, KeyPart value, Span<byte> destination) => (field.Kind, value.Kind) switch
    {
        (KeyFieldKind.Number, KeyFieldKind.Number) => OrderedCodec.WriteInt64(value.Number, destination),
        (KeyFieldKind.Text, KeyFieldKind.Text) => WriteText(value, destination),
        (KeyFieldKind.Versionstamp, KeyFieldKind.Versionstamp) => OrderedCodec.WriteVersionstamp(value.Stamp, destination),
        (KeyFieldKind.EndVersionstamp, KeyFieldKind.Versionstamp) => OrderedCodec.WriteEndVersionstamp(value.Stamp, destination),
        _ => throw new ArgumentException($"{Name}: {field.Name} is a {field.Kind}, not a {value.Kind}"),
    };

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
