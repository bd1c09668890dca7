namespace MetaService.Storage.Embedded;

/// <summary>What a transaction hands in at commit.</summary>
/// <param name="ReadVersion">The version that it read at.</param>
/// <param name="LeastVersion">The commit version must not be below this one.</param>
public sealed record CommitRequest(long ReadVersion, ReadConflicts Reads, MutationBuffer Writes, long LeastVersion = 0)
{
    /// <summary>A commit of nothing, after which all versions are above the given one.</summary>
    public static CommitRequest ToRaiseVersion(long version, KvView newest) =>
        new(newest.Version, new ReadConflicts(), new MutationBuffer(), version + 1);
}

/// <summary>Decides on commits and carries them out. Thread-safe.</summary>
public interface ICommitter
{
    /// <summary>Answers every outcome as a value, does not throw.</summary>
    ValueTask<KvCommit> CommitAsync(CommitRequest request);
}

/// <summary>
/// A transaction of an embedded store: reads a view merged with its own writes, remembers what it read, and leaves the decision
/// to the committer. The read version is taken when it begins.
/// </summary>
public sealed class OptimisticTransaction(KvView view, TimeProvider time, ICommitter committer)
    : ViewReader(view, time), IKvTransaction
{
    private readonly MutationBuffer _writes = new();
    private readonly ReadConflicts _reads = new();

    // What is changed is read, and read again to note how it was: the view does not change in between.
    private byte[]? _lastKey;
    private byte[]? _lastValue;
    private bool _committed;

    public override ValueTask<byte[]?> GetAsync(
        ReadOnlyMemory<byte> key, bool snapshot = false, CancellationToken cancellationToken = default)
    {
        KvLimits.CheckKey(key.Span);
        var view = BeginRead(cancellationToken);
        var keyBytes = _lastKey is { } last && key.Span.SequenceEqual(last) ? last : key.ToArray();
        var pending = _writes.Find(keyBytes);
        if (pending.Kind is not (PendingKind.None or PendingKind.Add))
        {
            // Its own write decides: whatever others write to this key, the answer stays the same.
            return ValueTask.FromResult(pending.Over(null));
        }

        if (!snapshot)
        {
            AddReadConflict(keyBytes);
        }

        if (!ReferenceEquals(keyBytes, _lastKey))
        {
            _lastValue = view.Get(keyBytes);
            _lastKey = keyBytes;
        }

        // A copy, since the caller may change what it gets.
        return ValueTask.FromResult(pending.Over((byte[]?)_lastValue?.Clone()));
    }

    public override ValueTask<KvRange> GetRangeAsync(
        ReadOnlyMemory<byte> begin,
        ReadOnlyMemory<byte> end,
        KvRangeOptions options = default,
        CancellationToken cancellationToken = default)
    {
        KvLimits.CheckRange(begin.Span, end.Span);
        var range = new KeyRange(begin.ToArray(), end.ToArray());
        var result = RangeScan.Read(BeginRead(cancellationToken), _writes, range, options);
        if (!options.Snapshot)
        {
            AddReadConflict(RangeScan.Extent(range, result, options.Reverse));
        }

        return ValueTask.FromResult(result);
    }

    public void Set(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value) => Writes.Set(key.Span, value.Span);

    public void Clear(ReadOnlyMemory<byte> key) => Writes.Clear(key.Span);

    public void ClearRange(ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end) => Writes.ClearRange(begin.Span, end.Span);

    public void AtomicAdd(ReadOnlyMemory<byte> key, long delta) => Writes.AtomicAdd(key.Span, delta);

    public void SetVersionstampedKey(ReadOnlyMemory<byte> key, int stampOffset, ReadOnlyMemory<byte> value) =>
        Writes.SetVersionstampedKey(key.Span, stampOffset, value.Span);

    public void SetVersionstampedValue(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, int stampOffset) =>
        Writes.SetVersionstampedValue(key.Span, value.Span, stampOffset);

    public void AddReadConflictKey(ReadOnlyMemory<byte> key)
    {
        EnsureOpen();
        KvLimits.CheckKey(key.Span);
        AddReadConflict(key.ToArray());
    }

    public void AddReadConflictRange(ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end)
    {
        EnsureOpen();
        KvLimits.CheckRange(begin.Span, end.Span);
        AddExplicitConflict(new KeyRange(begin.ToArray(), end.ToArray()));
    }

    public ValueTask<KvCommit> CommitAsync(CancellationToken cancellationToken = default)
    {
        EnsureOpen();
        cancellationToken.ThrowIfCancellationRequested();
        _committed = true;
        if (_writes.IsEmpty)
        {
            // What it read was consistent; there is nothing to order after anybody else's writes.
            return ValueTask.FromResult(new KvCommit(KvError.None));
        }

        return IsTooOld
            ? ValueTask.FromResult(KvCommit.Failed(KvError.TooOld, "the read version is too old"))
            : committer.CommitAsync(new CommitRequest(View.Version, _reads, _writes));
    }

    protected override KvView BeginRead(CancellationToken cancellationToken)
    {
        EnsureOpen();
        return base.BeginRead(cancellationToken);
    }

    private MutationBuffer Writes
    {
        get
        {
            EnsureOpen();
            return _writes;
        }
    }

    private void AddReadConflict(byte[] key)
    {
        if (!_reads.Contains(key))
        {
            _writes.CheckRoom(key.Length);
            _reads.Add(key);
            _writes.OtherSize = _reads.Size;
        }
    }

    private void AddReadConflict(KeyRange range)
    {
        // Single keys of its own inside are counted as read all the same: at worst that is a retry too many.
        if (!_writes.IsCleared(range))
        {
            AddExplicitConflict(range);
        }
    }

    private void AddExplicitConflict(KeyRange range)
    {
        if (!range.Begin.AsSpan().SequenceEqual(range.End))
        {
            _writes.CheckRoom(range.Size);
            _reads.Add(range);
            _writes.OtherSize = _reads.Size;
        }
    }

    private void EnsureOpen()
    {
        _ = View;
        if (_committed)
        {
            throw new KvException(KvError.InvalidOperation, "used after commit");
        }
    }
}
