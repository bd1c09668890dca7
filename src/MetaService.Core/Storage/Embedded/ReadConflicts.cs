namespace MetaService.Storage.Embedded;

/// <summary>The keys and ranges that a transaction has read, so that later writes to them make it fail.</summary>
public sealed class ReadConflicts
{
    private readonly HashSet<byte[]> _keys = new(ByteKeyComparer.Instance);
    private readonly List<KeyRange> _ranges = [];

    public IReadOnlyCollection<byte[]> Keys => _keys;

    public IReadOnlyList<KeyRange> Ranges => _ranges;

    public bool IsEmpty => _keys.Count == 0 && _ranges.Count == 0;

    /// <summary>Bytes of all keys and bounds.</summary>
    public int Size { get; private set; }

    public bool Contains(byte[] key) => _keys.Contains(key);

    public void Add(byte[] key)
    {
        if (_keys.Add(key))
        {
            Size += key.Length;
        }
    }

    public void Add(KeyRange range)
    {
        _ranges.Add(range);
        Size += range.Size;
    }

    public bool Touches(ReadOnlySpan<byte> writtenKey)
    {
        foreach (var range in _ranges)
        {
            if (range.Contains(writtenKey))
            {
                return true;
            }
        }

        return _keys.GetAlternateLookup<ReadOnlySpan<byte>>().Contains(writtenKey);
    }

    public bool Touches(KeyRange cleared)
    {
        foreach (var range in _ranges)
        {
            if (range.Overlaps(cleared))
            {
                return true;
            }
        }

        foreach (var key in _keys)
        {
            if (cleared.Contains(key))
            {
                return true;
            }
        }

        return false;
    }
}
