using System.Globalization;
using System.Text;

namespace MetaService.Keys;

/// <summary>
/// Draws a key: its hex digits and, above them, a line for each field that leads to the field's first byte. Any key can be drawn,
/// whether its type is known or not.
/// </summary>
public static class KeyPrinter
{
    /// <summary>The characters of a diagram: corner, rule, bar, arrow.</summary>
    private readonly record struct Pen(char Corner, char Rule, char Bar, char Arrow)
    {
        public static Pen Unicode { get; } = new('┌', '─', '│', '▼');

        public static Pen Ascii { get; } = new('/', '-', '|', 'v');
    }

    /// <summary>The diagram of a key, ending with its hex digits and a newline.</summary>
    /// <param name="key">The encoded key.</param>
    /// <param name="unicode">Whether to draw with box characters, else with ASCII.</param>
    /// <exception cref="KeyFormatException">The key is malformed.</exception>
    public static string Print(ReadOnlySpan<byte> key, bool unicode = true)
    {
        if (!KeyDecoder.TryDecode(key, out var tokens, out var error))
        {
            throw new KeyFormatException(error);
        }

        List<(int Column, string Text)> fields = [(0, $"key space: {key[0]}")];
        fields.AddRange(tokens.Select(t => (2 * t.Offset, Describe(t.Value))));
        return Draw(fields, unicode ? Pen.Unicode : Pen.Ascii) + Convert.ToHexStringLower(key) + "\n";
    }

    /// <summary>The diagram of a key given as hex, in any form that <see cref="KeyHex.Parse"/> takes.</summary>
    /// <exception cref="KeyFormatException">The text is not hex, or the key is malformed.</exception>
    public static string Print(string hex, bool unicode = true) => Print(KeyHex.Parse(hex), unicode);

    /// <summary>
    /// Text on one line: control and formatting characters as <c>\n</c>, <c>\xNN</c> or <c>\u{N}</c>, bytes that are not UTF-8 as
    /// <c>\xNN</c>. Backslashes stay as they are, so the form is for reading, not for reading back.
    /// </summary>
    public static string Escape(ReadOnlySpan<byte> utf8)
    {
        var text = new StringBuilder(utf8.Length);
        while (!utf8.IsEmpty)
        {
            var valid = Rune.DecodeFromUtf8(utf8, out var rune, out var length) == System.Buffers.OperationStatus.Done;
            if (valid)
            {
                Append(text, rune);
            }
            else
            {
                foreach (var b in utf8[..length])
                {
                    AppendByte(text, b);
                }
            }

            utf8 = utf8[length..];
        }

        return text.ToString();
    }

    /// <inheritdoc cref="Escape(ReadOnlySpan{byte})"/>
    public static string Escape(string text) => Escape(Encoding.UTF8.GetBytes(text));

    private static string Draw(List<(int Column, string Text)> fields, Pen pen)
    {
        var width = fields[^1].Column + 2;
        var drawing = new StringBuilder((fields.Count + 2) * (width + 16));
        var line = new char[width];
        Array.Fill(line, ' ');
        for (var i = 0; i < fields.Count; i++)
        {
            var column = fields[i].Column;
            line.AsSpan(column).Fill(pen.Rule);
            line[column] = pen.Corner;
            drawing.Append(line).Append(CultureInfo.InvariantCulture, $" {i}. {fields[i].Text}\n");
            line.AsSpan(column).Fill(' ');
            line[column] = pen.Bar;
        }

        drawing.Append(line).Append('\n');
        foreach (var (column, _) in fields)
        {
            line[column] = pen.Arrow;
        }

        return drawing.Append(line).Append('\n').ToString();
    }

    /// <summary>The value of a field in readable form, on one line.</summary>
    internal static string Describe(KeyPart value) => value.Kind switch
    {
        KeyFieldKind.Number => value.Number.ToString(CultureInfo.InvariantCulture),
        KeyFieldKind.Versionstamp => $"versionstamp: {Hex(value)}",
        _ => Escape(value.ToBytes()),
    };

    private static string Hex(KeyPart value)
    {
        Span<byte> stamp = stackalloc byte[Storage.Versionstamp.Length];
        value.Stamp.WriteTo(stamp);
        return Convert.ToHexStringLower(stamp);
    }

    private static void Append(StringBuilder text, Rune rune)
    {
        var isShown = Rune.GetUnicodeCategory(rune) is not (
            UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
        _ = rune.Value switch
        {
            '\n' => text.Append(@"\n"),
            '\r' => text.Append(@"\r"),
            '\t' => text.Append(@"\t"),
            _ when isShown => text.Append(rune.ToString()),
            < 0x80 => AppendByte(text, (byte)rune.Value),
            _ => text.Append(CultureInfo.InvariantCulture, $@"\u{{{rune.Value:x}}}"),
        };
    }

    private static StringBuilder AppendByte(StringBuilder text, byte value) =>
        text.Append(CultureInfo.InvariantCulture, $@"\x{value:x2}");
}
