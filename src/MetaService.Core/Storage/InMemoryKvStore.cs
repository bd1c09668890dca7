using System.Collections.Immutable;
using MetaService.Storage.Embedded;

namespace MetaService.Storage;

/// <summary>
/// The model of a store: a sorted map in memory, one immutable copy per version, commits one after the other under a lock.
/// Nothing outlives the process.
/// </summary>
public sealed class InMemoryKvStore : IKvStore, ICommitter
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly VersionClock _clock;
    private readonly ConflictHistory _history;
    private readonly PublishedViews _views = new(new MapView(0, ImmutableSortedSet.Create<KvPair>(PairComparer.Instance)));

    private bool _closed;

    public InMemoryKvStore(TimeProvider time)
    {
        _time = time;
        _clock = new VersionClock(time, last: 0);
        _history = new ConflictHistory(time);
    }

    public string Kind => "memory";

    public bool CommitsCanBeUnknown => false;

    public WriteStamps WriteStamps { get; } = new();

    public IKvTransaction BeginTransaction() => new OptimisticTransaction(_views.Acquire(), _time, this);

    public IKvReader BeginRead() => new ViewReader(_views.Acquire(), _time);

    public async ValueTask RaiseVersionAsync(long version, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var commit = await ((ICommitter)this).CommitAsync(CommitRequest.ToRaiseVersion(version, _views.Newest)).ConfigureAwait(false);
        commit.ThrowIfFailed();
    }

    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _closed = true;
            WriteStamps.Close();
            _views.Close("the store is closed");
        }

        return ValueTask.CompletedTask;
    }

    ValueTask<KvCommit> ICommitter.CommitAsync(CommitRequest request)
    {
        lock (_lock)
        {
            return ValueTask.FromResult(Commit(request));
        }
    }

    private KvCommit Commit(CommitRequest request)
    {
        if (_closed)
        {
            return KvCommit.Failed(KvError.Unavailable, "the store is closed");
        }

        _history.Prune(_views.OldestVersion);
        var error = _history.Check(request.ReadVersion, request.Reads, out var conflictKey);
        if (error != KvError.None)
        {
            return ConflictHistory.Refusal(error, conflictKey);
        }

        var stamp = new Versionstamp(_clock.Next(request.LeastVersion), 0);
        var changes = new MapChanges(((MapView)_views.Newest).Pairs);
        request.Writes.ApplyTo(changes, stamp);
        _history.Add(stamp, request.Writes);
        foreach (var key in changes.Written)
        {
            WriteStamps.Note(key, stamp.Version);
        }

        _views.Publish(new MapView(stamp.Version, changes.Pairs));
        return new KvCommit(KvError.None, stamp);
    }

    /// <summary>The index of the first pair at or after a key.</summary>
    private static int IndexOf(ImmutableSortedSet<KvPair> pairs, byte[] key)
    {
        var index = pairs.IndexOf(new KvPair(key, []));
        return index >= 0 ? index : ~index;
    }

    private sealed class MapView(long version, ImmutableSortedSet<KvPair> pairs) : KvView(version)
    {
        public ImmutableSortedSet<KvPair> Pairs => pairs;

        public override byte[]? Get(ReadOnlySpan<byte> key) =>
            pairs.TryGetValue(new KvPair(key.ToArray(), []), out var pair) ? (byte[])pair.Value.Clone() : null;

        public override IKvCursor Scan(byte[] begin, byte[] end, bool reverse)
        {
            var (first, next) = (IndexOf(pairs, begin), IndexOf(pairs, end));
            return reverse ? new MapCursor(pairs, next, first - 1, -1) : new MapCursor(pairs, first - 1, next, 1);
        }
    }

    /// <summary>Goes from the index after <paramref name="position"/> to the one before <paramref name="stop"/>.</summary>
    private sealed class MapCursor(ImmutableSortedSet<KvPair> pairs, int position, int stop, int step) : IKvCursor
    {
        public ReadOnlySpan<byte> Key => pairs[position].Key;

        public ReadOnlySpan<byte> Value => pairs[position].Value;

        public bool MoveNext()
        {
            position += step;
            return step > 0 ? position < stop : position > stop;
        }

        public void Dispose()
        {
        }
    }

    private sealed class MapChanges(ImmutableSortedSet<KvPair> pairs) : IMutationTarget
    {
        public ImmutableSortedSet<KvPair> Pairs { get; private set; } = pairs;

        public List<byte[]> Written { get; } = [];

        public byte[]? Get(byte[] key) => Pairs.TryGetValue(new KvPair(key, []), out var pair) ? pair.Value : null;

        // The set compares by key only and keeps an equal element that it has, so the old pair has to go first.
        public void Put(byte[] key, byte[] value)
        {
            Pairs = Pairs.Remove(new KvPair(key, [])).Add(new KvPair(key, value));
            Written.Add(key);
        }

        public void Delete(byte[] key)
        {
            Pairs = Pairs.Remove(new KvPair(key, []));
            Written.Add(key);
        }

        public void DeleteRange(KeyRange range)
        {
            var (first, next) = (IndexOf(Pairs, range.Begin), IndexOf(Pairs, range.End));
            var removed = Enumerable.Range(first, next - first).Select(i => Pairs[i]).ToList();
            Pairs = Pairs.Except(removed);
            Written.AddRange(removed.Select(pair => pair.Key));
        }
    }

    private sealed class PairComparer : IComparer<KvPair>
    {
        public static readonly PairComparer Instance = new();

        public int Compare(KvPair x, KvPair y) => x.Key.AsSpan().SequenceCompareTo(y.Key);
    }
}
