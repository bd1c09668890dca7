using MetaService.Storage;

namespace MetaService.UnitTests.Domain.Txns;

/// <summary>A memory store in which something can be made to happen right after a commit, before its caller goes on.</summary>
internal sealed class InterposedStore : IKvStore
{
    private readonly InMemoryKvStore _inner = new(TimeProvider.System);

    /// <summary>Runs once, after the next commit that writes something.</summary>
    public Func<Task>? AfterNextCommit { get; set; }

    /// <summary>Runs after each commit that writes something.</summary>
    public Func<Task>? AfterEachCommit { get; set; }

    /// <summary>Commits so far that wrote something.</summary>
    public int Commits { get; private set; }

    public string Kind => _inner.Kind;

    public bool CommitsCanBeUnknown => false;

    public ValueTask RaiseVersionAsync(long version, CancellationToken cancellationToken = default) =>
        _inner.RaiseVersionAsync(version, cancellationToken);

    public IKvTransaction BeginTransaction() => new Transaction(this, _inner.BeginTransaction());

    public IKvReader BeginRead() => _inner.BeginRead();

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    private async ValueTask<KvCommit> CommitAsync(IKvTransaction transaction, CancellationToken cancellationToken)
    {
        var commit = await transaction.CommitAsync(cancellationToken);
        if (commit.Versionstamp is null)
        {
            return commit;
        }

        Commits++;
        var action = AfterNextCommit;
        AfterNextCommit = null;
        await (action?.Invoke() ?? Task.CompletedTask);
        await (AfterEachCommit?.Invoke() ?? Task.CompletedTask);
        return commit;
    }

    private sealed class Transaction(InterposedStore store, IKvTransaction inner) : IKvTransaction
    {
        public ValueTask<long> GetReadVersionAsync(CancellationToken cancellationToken) =>
            inner.GetReadVersionAsync(cancellationToken);

        public ValueTask<byte[]?> GetAsync(ReadOnlyMemory<byte> key, bool snapshot, CancellationToken cancellationToken) =>
            inner.GetAsync(key, snapshot, cancellationToken);

        public ValueTask<KvRange> GetRangeAsync(
            ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end, KvRangeOptions options, CancellationToken cancellationToken) =>
            inner.GetRangeAsync(begin, end, options, cancellationToken);

        public void Set(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value) => inner.Set(key, value);

        public void Clear(ReadOnlyMemory<byte> key) => inner.Clear(key);

        public void ClearRange(ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end) => inner.ClearRange(begin, end);

        public void AtomicAdd(ReadOnlyMemory<byte> key, long delta) => inner.AtomicAdd(key, delta);

        public void SetVersionstampedKey(ReadOnlyMemory<byte> key, int stampOffset, ReadOnlyMemory<byte> value) =>
            inner.SetVersionstampedKey(key, stampOffset, value);

        public void SetVersionstampedValue(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, int stampOffset) =>
            inner.SetVersionstampedValue(key, value, stampOffset);

        public void AddReadConflictKey(ReadOnlyMemory<byte> key) => inner.AddReadConflictKey(key);

        public void AddReadConflictRange(ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end) =>
            inner.AddReadConflictRange(begin, end);

        public ValueTask<KvCommit> CommitAsync(CancellationToken cancellationToken) =>
            store.CommitAsync(inner, cancellationToken);

        public void Dispose() => inner.Dispose();
    }
}
