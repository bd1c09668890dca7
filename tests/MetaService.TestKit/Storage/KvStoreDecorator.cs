using MetaService.Storage;

namespace MetaService.TestKit.Storage;

/// <summary>A store that passes every call on to another one; subclasses change some.</summary>
public abstract class KvStoreDecorator(IKvStore inner) : IKvStore
{
    protected IKvStore Inner => inner;

    public virtual string Kind => inner.Kind;

    public virtual bool CommitsCanBeUnknown => inner.CommitsCanBeUnknown;

    public virtual WriteStamps? WriteStamps => inner.WriteStamps;

    public virtual IKvTransaction BeginTransaction() => inner.BeginTransaction();

    public virtual IKvReader BeginRead() => inner.BeginRead();

    public virtual ValueTask RaiseVersionAsync(long version, CancellationToken cancellationToken = default) =>
        inner.RaiseVersionAsync(version, cancellationToken);

    public virtual ValueTask DisposeAsync() => inner.DisposeAsync();
}

/// <summary>A transaction that passes every call on to another one; subclasses change some.</summary>
public class KvTransactionDecorator(IKvTransaction inner) : IKvTransaction
{
    protected IKvTransaction Inner => inner;

    public virtual ValueTask<long> GetReadVersionAsync(CancellationToken cancellationToken = default) =>
        inner.GetReadVersionAsync(cancellationToken);

    public virtual ValueTask<byte[]?> GetAsync(
        ReadOnlyMemory<byte> key, bool snapshot = false, CancellationToken cancellationToken = default) =>
        inner.GetAsync(key, snapshot, cancellationToken);

    public virtual ValueTask<KvRange> GetRangeAsync(
        ReadOnlyMemory<byte> begin,
        ReadOnlyMemory<byte> end,
        KvRangeOptions options = default,
        CancellationToken cancellationToken = default) =>
        inner.GetRangeAsync(begin, end, options, cancellationToken);

    public virtual void Set(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value) => inner.Set(key, value);

    public virtual void Clear(ReadOnlyMemory<byte> key) => inner.Clear(key);

    public virtual void ClearRange(ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end) => inner.ClearRange(begin, end);

    public virtual void AtomicAdd(ReadOnlyMemory<byte> key, long delta) => inner.AtomicAdd(key, delta);

    public virtual void SetVersionstampedKey(ReadOnlyMemory<byte> key, int stampOffset, ReadOnlyMemory<byte> value) =>
        inner.SetVersionstampedKey(key, stampOffset, value);

    public virtual void SetVersionstampedValue(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, int stampOffset) =>
        inner.SetVersionstampedValue(key, value, stampOffset);

    public virtual void AddReadConflictKey(ReadOnlyMemory<byte> key) => inner.AddReadConflictKey(key);

    public virtual void AddReadConflictRange(ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end) =>
        inner.AddReadConflictRange(begin, end);

    public virtual ValueTask<KvCommit> CommitAsync(CancellationToken cancellationToken = default) =>
        inner.CommitAsync(cancellationToken);

    public virtual void Dispose() => inner.Dispose();
}
