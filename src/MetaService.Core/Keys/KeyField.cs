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

    /// <summary>The versionstamp of a commit, 10 bytes.</summary>
    Versionstamp,

    /// <summary>
    /// The versionstamp that ends the key of one version of a record. Optional: without it the key is the prefix that all versions
    /// of the record share.
    /// </summary>
    EndVersionstamp,
}

/// <summary>A field of a key.</summary>
/// <param name="Kind">What it holds.</param>
/// <param name="Name">The constant of a literal; else the field's name, which is also its parameter in encode_key.</param>
public readonly record struct KeyField(KeyFieldKind Kind, string Name)
{
    /// <summary>Names of the same thing in different keys. As a parameter each stands for the others.</summary>
    private static readonly string[][] Synonyms =
    [
        ["table_id", "tbl_id"],
        ["partition_id", "part_id"],
        ["vault_id", "resource_id"],
        ["rowset_id", "rowest_id"],
        ["seg_id", "segment_id"],
        ["obj_etag", "etag"],
        ["packed_file_path", "path"],
    ];

    /// <summary>The parameter names that stand for this field, its own first.</summary>
    public IReadOnlyList<string> ParameterNames
    {
        get
        {
            var name = Name;
            return [name, .. Synonyms.Where(s => s.Contains(name)).SelectMany(s => s).Where(s => s != name)];
        }
    }

    public static KeyField Literal(string text) => new(KeyFieldKind.Literal, text);

    public static KeyField Text(string name) => new(KeyFieldKind.Text, name);

    public static KeyField Number(string name) => new(KeyFieldKind.Number, name);

    public static KeyField Stamp(string name) => new(KeyFieldKind.Versionstamp, name);

    public static KeyField EndStamp() => new(KeyFieldKind.EndVersionstamp, "versionstamp");
}
