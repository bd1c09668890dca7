namespace MetaService.Storage;

/// <summary>
/// A transaction that notes whether anything was written, so that the runner has to commit and mark only what changes something: a
/// marker would turn a transaction that only reads into one that writes.
/// </summary>
internal sealed class WriteWatch(IKvTransaction inner) : IKvTransaction
{
    /// <summary>Whether there was a write, with or without effect.</summary>
    public bool HasWrites { get; private set; }

    public ValueTask<long> GetReadVersionAsync(CancellationToken cancellationToken = default) =>
        inner.GetReadVersionAsync(cancellationToken);

    public ValueTask<byte[]?> GetAsync(
        ReadOnlyMemory<byte> key, bool snapshot = false, CancellationToken cancellationToken = default) =>
        inner.GetAsync(key, snapshot, cancellationToken);

    public ValueTask<KvRange> GetRangeAsync(
        ReadOnlyMemory<byte> begin,
        ReadOnlyMemory<byte> end,
        KvRangeOptions options = default,
        CancellationToken cancellationToken = default) =>
        inner.GetRangeAsync(begin, end, options, cancellationToken);

    public void Set(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value) => Writing().Set(key, value);

    public void Clear(ReadOnlyMemory<byte> key) => Writing().Clear(key);

    public void ClearRange(ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end) => Writing().ClearRange(begin, end);

    public void AtomicAdd(ReadOnlyMemory<byte> key, long delta) => Writing().AtomicAdd(key, delta);

    public void SetVersionstampedKey(ReadOnlyMemory<byte> key, int stampOffset, ReadOnlyMemory<byte> value) =>
        Writing().SetVersionstampedKey(key, stampOffset, value);

    public void SetVersionstampedValue(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, int stampOffset) =>
        Writing().SetVersionstampedValue(key, value, stampOffset);

    public void AddReadConflictKey(ReadOnlyMemory<byte> key) => inner.AddReadConflictKey(key);

    public void AddReadConflictRange(ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end) =>
        inner.AddReadConflictRange(begin, end);

    public ValueTask<KvCommit> CommitAsync(CancellationToken cancellationToken = default) => inner.CommitAsync(cancellationToken);

    public void Dispose() => inner.Dispose();

    private IKvTransaction Writing()
    {
        HasWrites = true;
        return inner;
    }
}
