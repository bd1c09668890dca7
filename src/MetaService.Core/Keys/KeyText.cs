namespace MetaService.Keys;

/// <summary>The readable form of a key on one line.</summary>
public static class KeyText
{
    /// <summary>
    /// The name of the key's type and its fields, e.g. <c>TxnInfoKey instance_id=prod db_id=10086 txn_id=7</c>. A value that is
    /// empty or holds a blank is in quotation marks.
    /// </summary>
    public static string OneLine(ParsedKey key) =>
        string.Join(' ', Fields(key).Select(f => $"{f.Name}={Quote(f.Value)}").Prepend(key.Definition.Name));

    /// <summary>
    /// The fields without the literals, in order; of a chunk of a split value also its number, which has the version of the value
    /// in its top byte.
    /// </summary>
    public static IEnumerable<(string Name, string Value)> Fields(ParsedKey key)
    {
        var names = key.Definition.Fields.Where(f => f.Kind != KeyFieldKind.Literal).Select(f => f.Name);
        var fields = names.Zip(key.Values, (name, value) => (name, KeyPrinter.Describe(value)));
        return key.Chunk is { } chunk ? fields.Append(("chunk", $"0x{chunk:x16}")) : fields;
    }

    private static string Quote(string value) =>
        value.Length == 0 || value.Contains(' ', StringComparison.Ordinal) ? $"\"{value}\"" : value;
}
