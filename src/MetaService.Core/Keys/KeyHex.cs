using System.Text;

namespace MetaService.Keys;

/// <summary>The hexadecimal forms in which people pass keys around.</summary>
public static class KeyHex
{
    /// <summary>
    /// Reads hex digits of either case, with <c>0x</c> in front, or <c>\x</c> in front of all or of each byte. Blanks around
    /// them are ignored.
    /// </summary>
    /// <exception cref="KeyFormatException">The text is empty, not hex, or has an odd number of digits.</exception>
    public static byte[] Parse(string text)
    {
        var digits = new StringBuilder(text.Length);
        var rest = text.AsSpan().Trim();
        if (rest.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            rest = rest[2..];
        }

        while (!rest.IsEmpty)
        {
            if (digits.Length % 2 == 0 && rest.StartsWith(@"\x", StringComparison.OrdinalIgnoreCase))
            {
                rest = rest[2..];
                continue;
            }

            if (!char.IsAsciiHexDigit(rest[0]))
            {
                var found = KeyPrinter.Escape(rest[..1].ToString());
                throw new KeyFormatException($"the key is not hex: digit {digits.Length + 1} is '{found}'");
            }

            digits.Append(rest[0]);
            rest = rest[1..];
        }

        if (digits.Length == 0)
        {
            throw new KeyFormatException("the key is empty");
        }

        return digits.Length % 2 == 0
            ? Convert.FromHexString(digits.ToString())
            : throw new KeyFormatException($"the key has an odd number of hex digits, {digits.Length}");
    }

    /// <summary>Each byte as <c>\x</c> and two digits, the form that fdbcli takes.</summary>
    public static string Escaped(ReadOnlySpan<byte> key)
    {
        var text = new StringBuilder(4 * key.Length);
        foreach (var b in key)
        {
            text.Append(@"\x").Append(b.ToString("x2", null));
        }

        return text.ToString();
    }
}
