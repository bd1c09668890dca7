using System.Buffers.Binary;

namespace MetaService.Storage.Embedded;

/// <summary>The arithmetic of <see cref="IKvTransaction.AtomicAdd"/>: 8-byte little-endian integers that wrap.</summary>
public static class CounterValue
{
    public const int Length = sizeof(long);

    /// <summary>The sum as a new value. Null counts as 0, a short value is zero-extended, a long one is cut.</summary>
    public static byte[] Add(ReadOnlySpan<byte> value, long delta)
    {
        var sum = new byte[Length];
        value[..Math.Min(value.Length, Length)].CopyTo(sum);
        BinaryPrimitives.WriteInt64LittleEndian(sum, unchecked(BinaryPrimitives.ReadInt64LittleEndian(sum) + delta));
        return sum;
    }
}
