namespace MetaService.Storage.Embedded;

/// <summary>Order and equality of keys as strings of unsigned bytes. Look-ups by span need no array.</summary>
public sealed class ByteKeyComparer
    : IComparer<byte[]>, IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public static readonly ByteKeyComparer Instance = new();

    private ByteKeyComparer()
    {
    }

    public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = default(HashCode);
        hash.AddBytes(alternate);
        return hash.ToHashCode();
    }

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}

/// <summary>The keys with Begin &lt;= key &lt; End.</summary>
public readonly record struct KeyRange(byte[] Begin, byte[] End)
{
    /// <summary>Bytes that the range takes in the accounting of a transaction.</summary>
    public int Size => Begin.Length + End.Length;

    public bool Contains(ReadOnlySpan<byte> key) =>
        key.SequenceCompareTo(Begin) >= 0 && key.SequenceCompareTo(End) < 0;

    public bool Contains(KeyRange other) =>
        other.Begin.AsSpan().SequenceCompareTo(Begin) >= 0 && other.End.AsSpan().SequenceCompareTo(End) <= 0;

    public bool Overlaps(KeyRange other) =>
        Begin.AsSpan().SequenceCompareTo(other.End) < 0 && other.Begin.AsSpan().SequenceCompareTo(End) < 0;

    /// <summary>The first key after <paramref name="key"/>: the end of a range whose last key it is.</summary>
    public static byte[] After(ReadOnlySpan<byte> key)
    {
        var next = new byte[key.Length + 1];
        key.CopyTo(next);
        return next;
    }
}
