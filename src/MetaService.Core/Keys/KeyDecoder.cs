using System.Diagnostics.CodeAnalysis;

namespace MetaService.Keys;

/// <summary>A field found in an encoded key.</summary>
/// <param name="Offset">Where its tag is, in bytes from the start of the key.</param>
/// <param name="Value">What it holds.</param>
/// <param name="IsEnd">Whether it is a versionstamp with the mark of the end of a versioned key behind it.</param>
internal readonly record struct KeyToken(int Offset, KeyPart Value, bool IsEnd)
{
    /// <summary>Whether this may be the given field.</summary>
    public bool Fits(KeyField field) => field.Kind switch
    {
        KeyFieldKind.Literal => Value.Kind == KeyFieldKind.Text && Value == field.Name,
        KeyFieldKind.Versionstamp => Value.Kind == KeyFieldKind.Versionstamp && !IsEnd,
        KeyFieldKind.EndVersionstamp => IsEnd,
        _ => Value.Kind == field.Kind,
    };
}

/// <summary>Splits any key into its fields by their tags, whether its type is known or not.</summary>
internal static class KeyDecoder
{
    /// <summary>No key has this many fields; more are refused so that a hostile key cannot make a huge diagram.</summary>
    public const int MaxFields = 32;

    /// <summary>Splits a key; false with the reason and its place when it is malformed.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> key, out IReadOnlyList<KeyToken> tokens, [NotNullWhen(false)] out string? error)
    {
        var found = new List<KeyToken>();
        tokens = found;
        error = null;
        if (key.Length < 2)
        {
            error = key.IsEmpty ? "the key is empty" : "the key is cut short: it has no field behind its key space byte";
            return false;
        }

        var rest = key[1..];
        while (!rest.IsEmpty)
        {
            var offset = key.Length - rest.Length;
            if (found.Count == MaxFields)
            {
                error = $"the key has more than {MaxFields} fields";
                return false;
            }

            if (!TryReadField(ref rest, offset, out var token))
            {
                error = Explain(rest, offset);
                return false;
            }

            found.Add(token);
        }

        return true;
    }

    private static bool TryReadField(ref ReadOnlySpan<byte> rest, int offset, out KeyToken token)
    {
        if (OrderedCodec.TryReadBytes(ref rest, out var bytes))
        {
            token = new KeyToken(offset, bytes, false);
            return true;
        }

        if (OrderedCodec.TryReadInt64(ref rest, out var number))
        {
            token = new KeyToken(offset, number, false);
            return true;
        }

        if (OrderedCodec.TryReadVersionstamp(ref rest, out var stamp))
        {
            var ends = !rest.IsEmpty && rest[0] == OrderedCodec.EndTag;
            rest = ends ? rest[1..] : rest;
            token = new KeyToken(offset, stamp, ends);
            return true;
        }

        token = default;
        return false;
    }

    /// <summary>Why the field at the front of <paramref name="rest"/> cannot be read.</summary>
    private static string Explain(ReadOnlySpan<byte> rest, int offset) => rest[0] switch
    {
        OrderedCodec.BytesTag => ExplainBytes(rest, offset),
        OrderedCodec.NegativeTag or OrderedCodec.PositiveTag when rest.Length < OrderedCodec.Int64Length =>
            $"the integer at byte {offset} is cut short: {rest.Length} of {OrderedCodec.Int64Length} bytes",
        OrderedCodec.NegativeTag or OrderedCodec.PositiveTag => $"the integer at byte {offset} is out of range",
        OrderedCodec.VersionstampTag =>
            $"the versionstamp at byte {offset} is cut short: {rest.Length} of {OrderedCodec.VersionstampLength} bytes",
        var tag => $"byte {offset} is 0x{tag:x2}, which starts no field",
    };

    private static string ExplainBytes(ReadOnlySpan<byte> rest, int offset)
    {
        for (var i = 1; i + 1 < rest.Length; i++)
        {
            if (rest[i] != 0)
            {
                continue;
            }

            if (rest[i + 1] != 0xFF)
            {
                return $"the string at byte {offset} has an undefined escape 0x00 0x{rest[i + 1]:x2} at byte {offset + i}";
            }

            i++;
        }

        return $"the string at byte {offset} is cut short: it has no end";
    }
}
