namespace MetaService.Storage.Embedded;

/// <summary>
/// What the commits of the last seconds wrote, to tell whether something that a transaction read has been written since. For the
/// committer alone: not thread-safe.
/// </summary>
public sealed class ConflictHistory(TimeProvider time)
{
    /// <summary>For each key written lately, the version that wrote it last: a point read costs one look-up.</summary>
    private readonly Dictionary<byte[], long> _lastWrites = new(ByteKeyComparer.Instance);

    /// <summary>What each version wrote, oldest first: for range reads, and to know what to forget.</summary>
    private readonly LinkedList<VersionWrites> _versions = new();

    private int _clearedRanges;

    /// <summary>Writes up to this version may be forgotten.</summary>
    private long _forgotten;

    /// <summary>How many versions are remembered.</summary>
    public int Versions => _versions.Count;

    /// <summary>
    /// <see cref="KvError.None"/> when nothing in <paramref name="reads"/> was written after <paramref name="readVersion"/>, else
    /// <see cref="KvError.Conflict"/>, or <see cref="KvError.TooOld"/> when that is not known any more.
    /// </summary>
    /// <param name="conflictKey">In a conflict, one of the keys written since: where the rivals meet.</param>
    public KvError Check(long readVersion, ReadConflicts reads, out byte[]? conflictKey)
    {
        conflictKey = null;
        if (reads.IsEmpty)
        {
            return KvError.None;
        }

        if (readVersion < _forgotten)
        {
            return KvError.TooOld;
        }

        foreach (var key in reads.Keys)
        {
            if (_lastWrites.TryGetValue(key, out var version) && version > readVersion)
            {
                conflictKey = key;
                return KvError.Conflict;
            }
        }

        conflictKey = reads.Ranges.Count > 0 || _clearedRanges > 0 ? RangeConflict(readVersion, reads) : null;
        return conflictKey is null ? KvError.None : KvError.Conflict;
    }

    /// <summary>The answer to a transaction that <see cref="Check"/> did not let pass.</summary>
    public static KvCommit Refusal(KvError error, byte[]? conflictKey) => KvCommit.Failed(
        error, error == KvError.Conflict ? "something it read was changed since" : "the read version is too old", conflictKey);

    /// <summary>Remembers the writes of a commit. Versions come in rising order, several commits may share one.</summary>
    public void Add(Versionstamp stamp, MutationBuffer writes)
    {
        var last = _versions.Last?.Value;
        if (last is null || last.Version != stamp.Version)
        {
            last = new VersionWrites(stamp.Version, time.GetTimestamp());
            _versions.AddLast(last);
        }

        foreach (var key in writes.WrittenKeys(stamp))
        {
            _lastWrites[key] = stamp.Version;
            last.Keys.Add(key);
        }

        last.ClearedRanges.AddRange(writes.ClearedRanges);
        _clearedRanges += writes.ClearedRanges.Count;
    }

    /// <summary>
    /// Forgets what nobody can conflict with: versions at or below the oldest read version in use, and versions older than a
    /// transaction may get.
    /// </summary>
    public void Prune(long oldestReadVersion)
    {
        while (_versions.First?.Value is { } oldest
            && (oldest.Version <= oldestReadVersion || time.GetElapsedTime(oldest.Timestamp) > KvLimits.TransactionAge))
        {
            foreach (var key in oldest.Keys)
            {
                if (_lastWrites.TryGetValue(key, out var version) && version == oldest.Version)
                {
                    _lastWrites.Remove(key);
                }
            }

            _clearedRanges -= oldest.ClearedRanges.Count;
            _forgotten = oldest.Version;
            _versions.RemoveFirst();
        }
    }

    private byte[]? RangeConflict(long readVersion, ReadConflicts reads)
    {
        for (var node = _versions.Last; node is not null && node.Value.Version > readVersion; node = node.Previous)
        {
            foreach (var range in node.Value.ClearedRanges)
            {
                if (reads.Touches(range))
                {
                    return range.Begin;
                }
            }

            if (reads.Ranges.Count == 0)
            {
                continue;
            }

            foreach (var key in node.Value.Keys)
            {
                if (reads.Touches(key))
                {
                    return key;
                }
            }
        }

        return null;
    }

    private sealed record VersionWrites(long Version, long Timestamp)
    {
        public List<byte[]> Keys { get; } = [];

        public List<KeyRange> ClearedRanges { get; } = [];
    }
}
