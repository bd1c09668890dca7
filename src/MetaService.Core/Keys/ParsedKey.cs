namespace MetaService.Keys;

/// <summary>A key taken apart.</summary>
/// <param name="definition">Its type.</param>
/// <param name="values">The values of its fields without the literals, in order.</param>
/// <param name="chunk">For a chunk of a split value: its number, value version in the top byte and sequence below.</param>
public sealed class ParsedKey(KeyDefinition definition, IReadOnlyList<KeyPart> values, long? chunk = null)
{
    public KeyDefinition Definition { get; } = definition;

    /// <summary>The values of the fields without the literals, in order; the last may be absent in a versioned key.</summary>
    public IReadOnlyList<KeyPart> Values { get; } = values;

    /// <summary>The number of the chunk when this is the key of a part of a split value.</summary>
    public long? Chunk { get; } = chunk;

    /// <summary>The value of a field.</summary>
    /// <exception cref="ArgumentException">The key has no such field.</exception>
    public KeyPart this[string field]
    {
        get
        {
            var at = Definition.Fields.Where(f => f.Kind != KeyFieldKind.Literal).Select(f => f.Name).ToList().IndexOf(field);
            return at >= 0 && at < Values.Count
                ? Values[at]
                : throw new ArgumentException($"{Definition.Name} has no {field}", nameof(field));
        }
    }

    /// <summary>An integer field.</summary>
    public long Number(string field) => this[field].Number;

    /// <summary>A string field as text.</summary>
    public string Text(string field) => this[field].ToText();

    /// <summary>The key's bytes.</summary>
    public byte[] Encode()
    {
        var key = Definition.Encode([.. Values]);
        if (Chunk is not { } chunk)
        {
            return key;
        }

        var bytes = new byte[key.Length + OrderedCodec.Int64Length];
        key.CopyTo(bytes, 0);
        OrderedCodec.WriteInt64(chunk, bytes.AsSpan(key.Length));
        return bytes;
    }
}
