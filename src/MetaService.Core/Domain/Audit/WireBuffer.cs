using System.Numerics;
using Google.Protobuf;

namespace MetaService.Domain.Audit;

/// <summary>Serialized fields that are put together, messages within messages too, without objects for them.</summary>
/// <param name="usualLength">Bytes to take room for at first, once there is something to be put there.</param>
public sealed class WireBuffer(int usualLength)
{
    private byte[] _bytes = [];

    /// <summary>How many bytes there are.</summary>
    public int Length { get; private set; }

    /// <summary>What there is.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Adds fields as they are.</summary>
    public void Write(ReadOnlySpan<byte> fields) => fields.CopyTo(Take(fields.Length));

    /// <summary>Adds a field with a length.</summary>
    public void WriteField(int number, ReadOnlySpan<byte> value)
    {
        WriteTag(number);
        WriteVarint((uint)value.Length);
        Write(value);
    }

    /// <summary>Begins a field that is a message; returns where it begins, for <see cref="EndMessage"/>.</summary>
    public int BeginMessage(int number)
    {
        WriteTag(number);
        Take(1); // For its length, which mostly fits.
        return Length;
    }

    /// <summary>Ends the message that was begun last and has not been ended.</summary>
    public void EndMessage(int begin)
    {
        var length = Length - begin;
        var more = VarintLength((uint)length) - 1;
        if (more > 0)
        {
            Take(more);
            _bytes.AsSpan(begin, length).CopyTo(_bytes.AsSpan(begin + more));
        }

        PutVarint((uint)length, _bytes.AsSpan(begin - 1));
    }

    /// <summary>Drops all there is, to be used again.</summary>
    public void Clear() => Length = 0;

    private void WriteTag(int number) => WriteVarint(WireFormat.MakeTag(number, WireFormat.WireType.LengthDelimited));

    private void WriteVarint(uint value) => PutVarint(value, Take(VarintLength(value)));

    private Span<byte> Take(int count)
    {
        if (_bytes.Length - Length < count)
        {
            Array.Resize(ref _bytes, Math.Max(Math.Max(usualLength, 2 * _bytes.Length), Length + count));
        }

        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }

    private static int VarintLength(uint value) => (BitOperations.Log2(value | 1) / 7) + 1;

    private static void PutVarint(uint value, Span<byte> bytes)
    {
        var at = 0;
        for (; value >= 0x80; value >>= 7)
        {
            bytes[at++] = (byte)(value | 0x80);
        }

        bytes[at] = (byte)value;
    }
}
