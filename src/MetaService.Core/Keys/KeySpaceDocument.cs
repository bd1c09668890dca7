using System.Globalization;
using System.Text;

namespace MetaService.Keys;

/// <summary>The documentation of the key space, made from its declarations.</summary>
public static class KeySpaceDocument
{
    private const string Introduction =
        """
        # Key space

        This page is generated from the declarations in `KeySpace`: run `metaservice keyspace > docs/keyspace.md` after a change.

        A key is one byte for its key space, then its fields. Each field starts with a tag, so that any key can be taken apart without
        knowing its type (`decode_key`), and keys sort by their fields from left to right.

        | Field | Encoding | Example |
        | --- | --- | --- |

        """;

    private const string Rules =
        """

        - Strings sort as their bytes do, a string before any longer one that begins with it.
        - Integers sort as numbers from 0 up. Negative ones sort before 0 but by magnitude: -1 before -2. They are rare (-1 for "all
          partitions"). The least int64 has no encoding.
        - Versioned keys end with the versionstamp of the commit that wrote them and the byte `ff`. Without that end the key is the
          prefix that all versions of a record share.

        Values are serialized protobuf records unless the tables say otherwise:

        - *counter*: an 8-byte little-endian integer, changed by atomic additions.
        - *then a versionstamp*: the last 10 bytes are the versionstamp of a commit.
        - *split*: chunks of up to 90,000 bytes, each under the key followed by an integer: the version of the value in its top byte,
          the chunk's number from 0 in its two lowest. A value under the bare key is one that was never split.

        In the tables, `"text"` is a constant, `name` a string, `name#` an integer, `name@` a versionstamp, `[name@]` the optional
        versionstamp at the end. Names are the parameters of `encode_key` and `get_value`, key types their `key_type`.

        """;

    /// <summary>The whole page.</summary>
    public static string Markdown()
    {
        var text = new StringBuilder(Introduction);
        Row(text, "string", "tag `10`, the bytes with each `00` as `00 ff`, then `00 01`", "`\"a\"`: `10 61 0001`");
        Row(text, "integer >= 0", "tag `12`, 8 bytes big-endian", "`258`: `12 0000000000000102`");
        Row(text, "integer < 0", "tag `11`, the magnitude as 8 bytes big-endian", "`-1`: `11 0000000000000001`");
        Row(text, "versionstamp", "tag `13`, 8 bytes commit version, 2 bytes order, both big-endian", "`13 00000182a5ed173f 0012`");
        text.Append(Rules);
        Table(text, KeySpace.User, "one instance");
        Table(text, KeySpace.System, "the service as a whole");
        Table(text, KeySpace.Versioned, "records in several versions");
        Table(text, KeySpace.Own, "indexes of this service");
        Example(text);
        return text.Replace("\r\n", "\n").ToString();
    }

    private static void Table(StringBuilder text, byte space, string what)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n## 0x{space:x2}: {what}\n\n");
        Row(text, "Key type", "Fields", "Value", "Holds");
        Row(text, "---", "---", "---", "---");
        foreach (var definition in KeySpace.All.Where(d => d.Space == space))
        {
            var fields = string.Join(' ', definition.Fields.Select(Describe));
            Row(text, $"`{definition.Name}`", $"`{fields}`", definition.Value.ToString(), definition.Meaning);
        }
    }

    private static void Example(StringBuilder text)
    {
        var label = KeySpace.TxnLabel.Encode("prod", 10086, "load-1");
        text.Append("\n## Example\n\nThe label `load-1` of database 10086 in instance `prod`, as `decode_key` draws it:\n\n")
            .Append(CultureInfo.InvariantCulture, $"```text\n{KeyPrinter.Print(label)}```\n");
    }

    private static string Describe(KeyField field) => field.Kind switch
    {
        KeyFieldKind.Literal => $"\"{field.Name}\"",
        KeyFieldKind.Number => $"{field.Name}#",
        KeyFieldKind.Versionstamp => $"{field.Name}@",
        KeyFieldKind.EndVersionstamp => $"[{field.Name}@]",
        _ => field.Name,
    };

    private static void Row(StringBuilder text, params ReadOnlySpan<string> cells)
    {
        foreach (var cell in cells)
        {
            text.Append("| ").Append(cell).Append(' ');
        }

        text.Append("|\n");
    }
}
