using System.Buffers.Binary;
using MetaService.Storage;

namespace MetaService.Keys;

/// <summary>
/// The order-preserving encoding of key fields. Byte order of the encoded form is the order of the values, except among negative
/// integers, whose magnitude is stored (stored keys depend on it; negative fields are rare).
/// </summary>
/// <remarks>
/// Strings: tag 0x10, the bytes with each 0x00 followed by 0xFF, then 0x00 0x01. Integers: tag 0x12, or 0x11 below zero, then the
/// magnitude as 8 bytes big-endian. Versionstamps: tag 0x13, then 10 bytes; the one that ends a versioned key has 0xFF behind it.
/// </remarks>
public static class OrderedCodec
{
    public const byte BytesTag = 0x10;
    public const byte NegativeTag = 0x11;
    public const byte PositiveTag = 0x12;
    public const byte VersionstampTag = 0x13;

    /// <summary>Marks the end of a versioned key, behind its versionstamp.</summary>
    public const byte EndTag = 0xFF;

    /// <summary>Length of every encoded integer.</summary>
    public const int Int64Length = 9;

    /// <summary>Length of every encoded versionstamp.</summary>
    public const int VersionstampLength = 1 + Versionstamp.Length;

    /// <summary>Length of the versionstamp that ends a versioned key, with its end mark.</summary>
    public const int EndVersionstampLength = VersionstampLength + 1;

    private const byte EscapedByte = 0x00;
    private const byte EscapeZero = 0xFF;
    private const byte EscapeEnd = 0x01;

    /// <summary>The most bytes that a string of <paramref name="count"/> bytes may take.</summary>
    public static int MaxEncodedLength(int count) => (2 * count) + 3;

    /// <summary>Encodes a string of bytes and returns the encoded length.</summary>
    public static int WriteBytes(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        var at = 0;
        destination[at++] = BytesTag;
        while (true)
        {
            var zero = value.IndexOf(EscapedByte);
            if (zero < 0)
            {
                break;
            }

            value[..zero].CopyTo(destination[at..]);
            at += zero;
            destination[at++] = EscapedByte;
            destination[at++] = EscapeZero;
            value = value[(zero + 1)..];
        }

        value.CopyTo(destination[at..]);
        at += value.Length;
        destination[at++] = EscapedByte;
        destination[at++] = EscapeEnd;
        return at;
    }

    /// <summary>Encodes an integer into <see cref="Int64Length"/> bytes. <see cref="long.MinValue"/> has no encoding.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is <see cref="long.MinValue"/>.</exception>
    public static int WriteInt64(long value, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(value, long.MinValue);
        destination[0] = value < 0 ? NegativeTag : PositiveTag;
        BinaryPrimitives.WriteInt64BigEndian(destination[1..], Math.Abs(value));
        return Int64Length;
    }

    /// <summary>Encodes a versionstamp into <see cref="VersionstampLength"/> bytes.</summary>
    public static int WriteVersionstamp(Versionstamp value, Span<byte> destination)
    {
        destination[0] = VersionstampTag;
        value.WriteTo(destination[1..]);
        return VersionstampLength;
    }

    /// <summary>Encodes the versionstamp that ends a versioned key into <see cref="EndVersionstampLength"/> bytes.</summary>
    public static int WriteEndVersionstamp(Versionstamp value, Span<byte> destination)
    {
        destination[WriteVersionstamp(value, destination)] = EndTag;
        return EndVersionstampLength;
    }

    /// <summary>Reads a string of bytes off the front of <paramref name="source"/>; false when it is not well-formed.</summary>
    public static bool TryReadBytes(ref ReadOnlySpan<byte> source, out byte[] value)
    {
        value = [];
        if (source.IsEmpty || source[0] != BytesTag)
        {
            return false;
        }

        var rest = source[1..];
        var bytes = new List<byte>(rest.Length);
        while (true)
        {
            var zero = rest.IndexOf(EscapedByte);
            if (zero < 0 || zero + 1 >= rest.Length)
            {
                return false;
            }

            bytes.AddRange(rest[..zero]);
            var escape = rest[zero + 1];
            rest = rest[(zero + 2)..];
            if (escape == EscapeEnd)
            {
                source = rest;
                value = [.. bytes];
                return true;
            }

            if (escape != EscapeZero)
            {
                return false;
            }

            bytes.Add(EscapedByte);
        }
    }

    /// <summary>Reads an integer off the front of <paramref name="source"/>; false when it is not well-formed.</summary>
    public static bool TryReadInt64(ref ReadOnlySpan<byte> source, out long value)
    {
        value = 0;
        if (source.Length < Int64Length || source[0] is not (NegativeTag or PositiveTag))
        {
            return false;
        }

        var magnitude = BinaryPrimitives.ReadInt64BigEndian(source[1..]);
        var negative = source[0] == NegativeTag;
        if (magnitude < 0 || (negative && magnitude == 0))
        {
            return false; // No writer makes these: a second form of a value would be a second key for it.
        }

        value = negative ? -magnitude : magnitude;
        source = source[Int64Length..];
        return true;
    }

    /// <summary>Reads a versionstamp off the front of <paramref name="source"/>; false when there is none.</summary>
    public static bool TryReadVersionstamp(ref ReadOnlySpan<byte> source, out Versionstamp value)
    {
        value = default;
        if (source.Length < VersionstampLength || source[0] != VersionstampTag)
        {
            return false;
        }

        value = Versionstamp.Read(source[1..]);
        source = source[VersionstampLength..];
        return true;
    }
}
