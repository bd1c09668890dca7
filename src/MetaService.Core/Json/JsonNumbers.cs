namespace MetaService.Json;

/// <summary>
/// Exact integers out of JSON number texts: <c>12</c>, <c>1.0</c> and <c>1e3</c> are integers, <c>1.5</c> is none.
/// </summary>
internal static class JsonNumbers
{
    // Far beyond any exponent that leaves a 64-bit integer, and far from overflowing.
    private const long ExponentLimit = 1_000_000_000;

    public static bool TryParseInt64(ReadOnlySpan<byte> text, long min, long max, out long value)
    {
        value = 0;
        if (!TryParse(text, out var negative, out var magnitude) || magnitude > (ulong)long.MaxValue + (negative ? 1ul : 0))
        {
            return false;
        }

        value = negative ? unchecked(-(long)magnitude) : (long)magnitude;
        return value >= min && value <= max;
    }

    public static bool TryParseUInt64(ReadOnlySpan<byte> text, ulong max, out ulong value) =>
        TryParse(text, out var negative, out value) && value <= max && (!negative || value == 0);

    /// <summary>Whether the whole text is a number by JSON's grammar.</summary>
    public static bool IsNumber(ReadOnlySpan<byte> text) => TrySplit(text, out _, out _, out _);

    private static bool TryParse(ReadOnlySpan<byte> text, out bool negative, out ulong magnitude)
    {
        magnitude = 0;
        negative = !text.IsEmpty && text[0] == '-';
        if (!TrySplit(text, out var whole, out var fraction, out var exponent))
        {
            return false;
        }

        // The value is the digits of both parts times a power of ten. Zeros at the end of the digits belong to the power.
        fraction = fraction.TrimEnd((byte)'0');
        var power = exponent - fraction.Length;
        if (fraction.IsEmpty)
        {
            var significant = whole.TrimEnd((byte)'0');
            power += whole.Length - significant.Length;
            whole = significant;
        }

        whole = whole.TrimStart((byte)'0');
        if (whole.IsEmpty)
        {
            fraction = fraction.TrimStart((byte)'0');
        }

        if (whole.IsEmpty && fraction.IsEmpty)
        {
            return true;
        }

        if (power < 0)
        {
            return false;
        }

        if (!TryAppend(ref magnitude, whole) || !TryAppend(ref magnitude, fraction))
        {
            return false;
        }

        for (; power > 0; power--)
        {
            if (magnitude > ulong.MaxValue / 10)
            {
                return false;
            }

            magnitude *= 10;
        }

        return true;
    }

    private static bool TryAppend(ref ulong value, ReadOnlySpan<byte> digits)
    {
        foreach (var digit in digits)
        {
            var next = (uint)(digit - '0');
            if (value > (ulong.MaxValue - next) / 10)
            {
                return false;
            }

            value = (value * 10) + next;
        }

        return true;
    }

    private static bool TrySplit(
        ReadOnlySpan<byte> text, out ReadOnlySpan<byte> whole, out ReadOnlySpan<byte> fraction, out long exponent)
    {
        fraction = default;
        exponent = 0;
        if (!text.IsEmpty && text[0] == '-')
        {
            text = text[1..];
        }

        whole = Digits(text);
        text = text[whole.Length..];
        if (whole.IsEmpty || (whole.Length > 1 && whole[0] == '0'))
        {
            return false;
        }

        if (!text.IsEmpty && text[0] == '.')
        {
            text = text[1..];
            fraction = Digits(text);
            text = text[fraction.Length..];
            if (fraction.IsEmpty)
            {
                return false;
            }
        }

        if (!text.IsEmpty && (text[0] | 0x20) == 'e')
        {
            text = text[1..];
            var below = !text.IsEmpty && text[0] == '-';
            if (below || (!text.IsEmpty && text[0] == '+'))
            {
                text = text[1..];
            }

            var digits = Digits(text);
            text = text[digits.Length..];
            if (digits.IsEmpty)
            {
                return false;
            }

            foreach (var digit in digits)
            {
                exponent = Math.Min((exponent * 10) + (digit - '0'), ExponentLimit);
            }

            exponent = below ? -exponent : exponent;
        }

        return text.IsEmpty;
    }

    private static ReadOnlySpan<byte> Digits(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return end < 0 ? text : text[..end];
    }
}
