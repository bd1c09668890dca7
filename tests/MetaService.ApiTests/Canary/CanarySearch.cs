using System.Buffers;
using System.Globalization;
using System.Text;

namespace MetaService.ApiTests.Canary;

/// <summary>A canary that was found.</summary>
/// <param name="Canary">Which; null when its number could not be read.</param>
/// <param name="Form">How it was written.</param>
/// <param name="Around">What stands around it.</param>
public sealed record CanaryHit(Canary? Canary, string Form, string Around);

/// <summary>
/// Finds canaries in bytes, whatever their case: as UTF-8 or UTF-16 text, in hex, in base64 at any offset, and with each character
/// escaped for URLs or JSON.
/// </summary>
public sealed class CanarySearch
{
    private const int Context = 60;

    private readonly CanaryBook _book;
    private readonly (string Form, string Needle)[] _forms;
    private readonly SearchValues<string> _needles;

    public CanarySearch(CanaryBook book)
    {
        _book = book;
        var bytes = Encoding.UTF8.GetBytes(book.Marker);
        _forms =
        [
            ("text", book.Marker),
            ("number", book.DigitMarker),
            ("UTF-16", string.Join('\0', book.Marker.AsEnumerable())),
            ("hex", Convert.ToHexString(bytes)),
            ("escaped hex", string.Concat(bytes.Select(b => $"\\x{b:x2}"))),
            ("URL-escaped", string.Concat(bytes.Select(b => $"%{b:X2}"))),
            ("JSON-escaped", string.Concat(bytes.Select(b => $"\\u{(int)b:x4}"))),
            .. Enumerable.Range(0, 3).Select(shift => ("base64", Base64(bytes, shift))),
        ];
        _needles = SearchValues.Create([.. _forms.Select(f => f.Needle)], StringComparison.OrdinalIgnoreCase);
    }

    public IEnumerable<CanaryHit> In(string text) => In(Encoding.UTF8.GetBytes(text));

    public IEnumerable<CanaryHit> In(byte[] bytes)
    {
        var text = Encoding.Latin1.GetString(bytes);
        for (var at = 0; Next(text, at) is var found and >= 0;)
        {
            var (form, needle) = _forms.First(
                f => text.AsSpan(found).StartsWith(f.Needle, StringComparison.OrdinalIgnoreCase));
            at = found + needle.Length;
            var start = Math.Max(0, found - Context);
            var around = text[start..Math.Min(text.Length, at + Context)];
            yield return new CanaryHit(_book.Find(Number(text, at, form)), form, around);
        }
    }

    private int Next(string text, int from)
    {
        var found = text.AsSpan(from).IndexOfAny(_needles);
        return found < 0 ? -1 : from + found;
    }

    private static string Number(string text, int at, string form)
    {
        const int Length = CanaryBook.NumberLength;
        var rest = text[at..Math.Min(text.Length, at + (Length * 6))];
        return form switch
        {
            "text" or "number" => Start(rest, Length),
            "UTF-16" => Start(rest.Replace("\0", "", StringComparison.Ordinal), Length),
            "hex" => Digits(rest, 2, 0),
            "escaped hex" => Digits(rest, 4, 2),
            "URL-escaped" => Digits(rest, 3, 1),
            "JSON-escaped" => Digits(rest, 6, 4),
            _ => "",
        };
    }

    private static string Start(string text, int length) => text[..Math.Min(text.Length, length)];

    /// <summary>Digits that are written in hex, each in a group of characters of which two count.</summary>
    private static string Digits(string text, int group, int skipped) => string.Concat(text.Chunk(group).Take(CanaryBook.NumberLength)
        .Where(chunk => chunk.Length == group)
        .Select(chunk => byte.TryParse(chunk.AsSpan(skipped, 2), NumberStyles.HexNumber, null, out var b) ? (char)b : '?'));

    /// <summary>The characters of a base64 text that come from these bytes alone, when they begin at an offset.</summary>
    private static string Base64(byte[] bytes, int offset)
    {
        var text = Convert.ToBase64String([.. new byte[offset], .. bytes]);
        var first = ((offset * 8) + 5) / 6;
        return text[first..((offset + bytes.Length) * 8 / 6)];
    }
}
