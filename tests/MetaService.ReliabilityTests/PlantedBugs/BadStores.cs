using MetaService.Keys;
using MetaService.Storage;

namespace MetaService.ReliabilityTests.PlantedBugs;

/// <summary>Stores with one mistake each.</summary>
internal static class BadStores
{
    /// <summary>The check for conflicts is off: what a transaction has read does not matter.</summary>
    public static Mistake NoConflicts { get; } = new(good => new BadStore(good, inner => new WithoutConflicts(inner)));

    /// <summary>Some writes to the index of nodes are lost.</summary>
    public static Mistake LostIndexWrites { get; } = new(good => new BadStore(good, inner => new WithoutIndexWrites(inner)));

    /// <summary>Some commits are acknowledged and not carried out.</summary>
    public static Mistake LostCommits { get; } = new(good =>
    {
        var commits = 0;
        return new BadStore(good, inner => new Forgetful(inner, () => Interlocked.Increment(ref commits) % 10 == 0));
    });

    /// <summary>
    /// Of some commits half is carried out, and the reply is lost: as in a store that writes key by key when it is killed.
    /// </summary>
    public static Mistake TornCommits { get; } = new(good =>
    {
        var commits = 0;
        return new BadStore(good, inner => new Torn(inner, good, () => Interlocked.Increment(ref commits) % 4 == 0));
    });

    /// <summary>A lost reply is taken for a commit that was not carried out.</summary>
    public static Mistake UnknownMeansNo { get; } = new(network => new Guessing(network, KvError.Unavailable), IsAbove: true);

    /// <summary>A lost reply is taken for a commit that was carried out.</summary>
    public static Mistake UnknownMeansYes { get; } = new(network => new Guessing(network, KvError.None), IsAbove: true);

    /// <summary>Readers are answered from a memory that is a little old.</summary>
    public static Mistake StaleReads { get; } = new(good => new Stale(good));

    private sealed class BadStore(IKvStore good, Func<IKvTransaction, IKvTransaction> around) : KvStoreDecorator(good)
    {
        public override IKvTransaction BeginTransaction() => around(Inner.BeginTransaction());
    }

    private sealed class WithoutConflicts(IKvTransaction inner) : KvTransactionDecorator(inner)
    {
        public override ValueTask<byte[]?> GetAsync(
            ReadOnlyMemory<byte> key, bool snapshot, CancellationToken cancellationToken) =>
            Inner.GetAsync(key, snapshot: true, cancellationToken);

        public override ValueTask<KvRange> GetRangeAsync(
            ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end, KvRangeOptions options, CancellationToken cancellationToken) =>
            Inner.GetRangeAsync(begin, end, options with { Snapshot = true }, cancellationToken);
    }

    private sealed class WithoutIndexWrites(IKvTransaction inner) : KvTransactionDecorator(inner)
    {
        private static readonly byte[] Index = KeySpace.NodeOwner.Encode();
        private static int _writes;

        public override void Set(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value)
        {
            if (!key.Span.StartsWith(Index) || Interlocked.Increment(ref _writes) % 4 != 0)
            {
                Inner.Set(key, value);
            }
        }
    }

    private sealed class Forgetful(IKvTransaction inner, Func<bool> forgets) : KvTransactionDecorator(inner)
    {
        public override async ValueTask<KvCommit> CommitAsync(CancellationToken cancellationToken) => forgets()
            ? new KvCommit(KvError.None, new Versionstamp(await Inner.GetReadVersionAsync(cancellationToken) + 1, 0))
            : await Inner.CommitAsync(cancellationToken);
    }

    /// <summary>Only commits of several keys can be torn; those of the markers, which have one, are not.</summary>
    private sealed class Torn(IKvTransaction inner, IKvStore store, Func<bool> tears) : KvTransactionDecorator(inner)
    {
        private readonly List<(byte[] Key, byte[] Value)> _written = [];

        public override void Set(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value)
        {
            _written.Add((key.ToArray(), value.ToArray()));
            base.Set(key, value);
        }

        public override async ValueTask<KvCommit> CommitAsync(CancellationToken cancellationToken)
        {
            if (_written.Count < 2 || !tears())
            {
                return await base.CommitAsync(cancellationToken);
            }

            using var half = store.BeginTransaction();
            foreach (var (key, value) in _written.Take(_written.Count / 2))
            {
                half.Set(key, value);
            }

            await half.CommitAsync(cancellationToken);
            return KvCommit.Failed(KvError.CommitUnknown, "torn");
        }
    }

    private sealed class Guessing(IKvStore network, KvError guess) : KvStoreDecorator(network)
    {
        public override bool CommitsCanBeUnknown => false;

        public override IKvTransaction BeginTransaction() => new Transaction(Inner.BeginTransaction(), guess);

        private sealed class Transaction(IKvTransaction inner, KvError guess) : KvTransactionDecorator(inner)
        {
            public override async ValueTask<KvCommit> CommitAsync(CancellationToken cancellationToken)
            {
                var commit = await Inner.CommitAsync(cancellationToken);
                return commit.Error != KvError.CommitUnknown ? commit
                    : guess == KvError.None ? new KvCommit(KvError.None, new Versionstamp(DateTime.UtcNow.Ticks / 10_000, 0))
                    : KvCommit.Failed(guess, "guessed");
            }
        }
    }

    private sealed class Stale(IKvStore good) : KvStoreDecorator(good)
    {
        private static readonly TimeSpan Age = TimeSpan.FromMilliseconds(20);

        private readonly Lock _lock = new();
        private readonly Dictionary<string, (byte[]? Value, long Read)> _memory = [];

        public override IKvReader BeginRead() => new Reader(Inner.BeginRead(), this);

        private async ValueTask<byte[]?> GetAsync(IKvReader reader, ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
        {
            var name = Convert.ToHexString(key.Span);
            lock (_lock)
            {
                if (_memory.TryGetValue(name, out var known) && TimeProvider.System.GetElapsedTime(known.Read) < Age)
                {
                    return known.Value;
                }
            }

            var value = await reader.GetAsync(key, snapshot: false, cancellationToken);
            lock (_lock)
            {
                _memory[name] = (value, TimeProvider.System.GetTimestamp());
            }

            return value;
        }

        private sealed class Reader(IKvReader inner, Stale store) : IKvReader
        {
            public ValueTask<long> GetReadVersionAsync(CancellationToken cancellationToken) =>
                inner.GetReadVersionAsync(cancellationToken);

            public ValueTask<byte[]?> GetAsync(ReadOnlyMemory<byte> key, bool snapshot, CancellationToken cancellationToken) =>
                store.GetAsync(inner, key, cancellationToken);

            public ValueTask<KvRange> GetRangeAsync(
                ReadOnlyMemory<byte> begin,
                ReadOnlyMemory<byte> end,
                KvRangeOptions options,
                CancellationToken cancellationToken) =>
                inner.GetRangeAsync(begin, end, options, cancellationToken);

            public void Dispose() => inner.Dispose();
        }
    }
}
