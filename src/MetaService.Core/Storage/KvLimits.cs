namespace MetaService.Storage;

/// <summary>FoundationDB's limits, enforced alike by every store so that what works on one works on all.</summary>
public static class KvLimits
{
    /// <summary>Longest key, in bytes.</summary>
    public const int KeyBytes = 10_000;

    /// <summary>Longest value, in bytes.</summary>
    public const int ValueBytes = 100_000;

    /// <summary>Largest transaction, in bytes: keys and values written plus keys of conflict ranges.</summary>
    public const int TransactionBytes = 10_000_000;

    /// <summary>Keys at or above this first byte belong to the store itself.</summary>
    public const byte ReservedFirstByte = 0xFF;

    /// <summary>How old a read version may get before reads and commits answer <see cref="KvError.TooOld"/>.</summary>
    public static readonly TimeSpan TransactionAge = TimeSpan.FromSeconds(5);

    /// <summary>Throws <see cref="KvException"/> when the key may not be written or read.</summary>
    public static void CheckKey(ReadOnlySpan<byte> key)
    {
        if (key.Length > KeyBytes)
        {
            throw new KvException(KvError.TooLarge, $"key of {key.Length} bytes is over the limit of {KeyBytes}");
        }

        if (key.Length > 0 && key[0] == ReservedFirstByte)
        {
            throw new KvException(KvError.InvalidOperation, "keys that start with 0xFF are reserved for the store");
        }
    }

    /// <summary>
    /// Throws <see cref="KvException"/> when the two keys do not bound a range. The end may be 0xFF itself, the end of all keys.
    /// </summary>
    public static void CheckRange(ReadOnlySpan<byte> begin, ReadOnlySpan<byte> end)
    {
        CheckKey(begin);
        if (!(end.Length == 1 && end[0] == ReservedFirstByte))
        {
            CheckKey(end);
        }

        if (begin.SequenceCompareTo(end) > 0)
        {
            throw new KvException(KvError.InvalidOperation, "the range ends before it begins");
        }
    }

    /// <summary>Throws <see cref="KvException"/> when the value is too long.</summary>
    public static void CheckValue(ReadOnlySpan<byte> value)
    {
        if (value.Length > ValueBytes)
        {
            throw new KvException(KvError.TooLarge, $"value of {value.Length} bytes is over the limit of {ValueBytes}");
        }
    }
}
