namespace MetaService.Storage.Embedded;

/// <summary>A set of keys kept as sorted ranges that neither overlap nor touch.</summary>
internal sealed class KeyRangeSet
{
    private readonly List<KeyRange> _ranges = [];

    public IReadOnlyList<KeyRange> Ranges => _ranges;

    /// <summary>Bytes of all bounds.</summary>
    public int Size { get; private set; }

    public bool Contains(ReadOnlySpan<byte> key)
    {
        var i = FirstEndingAtOrAfter(key);
        // A range that ends at the key does not contain it, but the next one may begin there only if they had been joined.
        return i < _ranges.Count && _ranges[i].Contains(key);
    }

    public bool Contains(KeyRange range)
    {
        var i = FirstEndingAtOrAfter(range.End);
        return i < _ranges.Count && _ranges[i].Contains(range);
    }

    /// <summary>By how many bytes <see cref="Size"/> grows (or shrinks) with this range.</summary>
    public int Growth(KeyRange range)
    {
        var (first, count, union) = Join(range);
        var growth = union.Size;
        for (var i = first; i < first + count; i++)
        {
            growth -= _ranges[i].Size;
        }

        return growth;
    }

    public void Add(KeyRange range)
    {
        var growth = Growth(range);
        var (first, count, union) = Join(range);
        _ranges.RemoveRange(first, count);
        _ranges.Insert(first, union);
        Size += growth;
    }

    /// <summary>The ranges that overlap or touch the given one, and the union of all.</summary>
    private (int First, int Count, KeyRange Union) Join(KeyRange range)
    {
        var first = FirstEndingAtOrAfter(range.Begin);
        var (begin, end) = range;
        var next = first;
        for (; next < _ranges.Count && _ranges[next].Begin.AsSpan().SequenceCompareTo(end) <= 0; next++)
        {
            begin = Min(begin, _ranges[next].Begin);
            end = Max(end, _ranges[next].End);
        }

        return (first, next - first, new KeyRange(begin, end));
    }

    private int FirstEndingAtOrAfter(ReadOnlySpan<byte> key)
    {
        var (low, high) = (0, _ranges.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle].End.AsSpan().SequenceCompareTo(key) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private static byte[] Min(byte[] a, byte[] b) => a.AsSpan().SequenceCompareTo(b) <= 0 ? a : b;

    private static byte[] Max(byte[] a, byte[] b) => a.AsSpan().SequenceCompareTo(b) >= 0 ? a : b;
}
