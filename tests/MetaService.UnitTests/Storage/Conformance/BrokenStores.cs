using System.Buffers.Binary;
using MetaService.Storage;

namespace MetaService.UnitTests.Storage.Conformance;

/// <summary>A good store whose transactions are replaced by broken ones.</summary>
internal sealed class BrokenStore(
    IKvStore good, Func<IKvTransaction, IKvTransaction>? transactions = null, Func<IKvReader>? readers = null)
    : KvStoreDecorator(good)
{
    public override IKvTransaction BeginTransaction() =>
        transactions is null ? Inner.BeginTransaction() : transactions(Inner.BeginTransaction());

    public override IKvReader BeginRead() => readers is null ? Inner.BeginRead() : readers();
}

/// <summary>Stores with one mistake each, of the kinds that real stores make: the suite must find every one of them.</summary>
internal static class BrokenStores
{
    public static IKvStore ForgetsPointConflicts(IKvStore good) => new BrokenStore(good, tx => new NoPointConflicts(tx));

    public static IKvStore ForgetsRangeConflicts(IKvStore good) => new BrokenStore(good, tx => new NoRangeConflicts(tx));

    public static IKvStore MissesPhantoms(IKvStore good) => new BrokenStore(good, tx => new ConflictsOnPairsFound(tx));

    public static IKvStore ForgetsDeclaredConflicts(IKvStore good) => new BrokenStore(good, tx => new NoDeclaredConflicts(tx));

    public static IKvStore ConflictsOnTheWholeRange(IKvStore good) =>
        new BrokenStore(good, tx => new ConflictsOnTheWholeRangeRead(tx));

    public static IKvStore ConflictsOnSnapshotReads(IKvStore good) => new BrokenStore(good, tx => new SnapshotsThatConflict(tx));

    public static IKvStore ConflictsOnBlindWrites(IKvStore good) => new BrokenStore(good, tx => new WritesThatConflict(tx));

    /// <summary>Snapshot isolation: only two writers of the same key conflict, which lets write skew through.</summary>
    public static IKvStore IsOnlySnapshotIsolated(IKvStore good) => new BrokenStore(good, tx => new SnapshotIsolated(tx));

    public static IKvStore ShowsLaterCommitsToReaders(IKvStore good) =>
        new BrokenStore(good, readers: () => new VersionlessReader(good));

    public static IKvStore ShowsLaterCommitsToTransactions(IKvStore good) =>
        new BrokenStore(good, tx => new Versionless(tx, good));

    public static IKvStore IgnoresOwnWrites(IKvStore good) =>
        new BrokenStore(good, tx => new BlindToOwnWrites(tx, good.BeginRead()));

    public static IKvStore LosesClearRange(IKvStore good) => new BrokenStore(good, tx => new WithoutClearRange(tx));

    public static IKvStore IgnoresTheLimitInReverse(IKvStore good) => new BrokenStore(good, tx => new UnlimitedReverse(tx));

    public static IKvStore ReversesAfterTheLimit(IKvStore good) => new BrokenStore(good, tx => new ReversedPage(tx));

    public static IKvStore NeverHasMore(IKvStore good) => new BrokenStore(good, tx => new OnlyPage(tx));

    public static IKvStore DropsSomeCommits(IKvStore good)
    {
        var commits = 0;
        return new BrokenStore(good, tx => new Forgetful(tx, () => Interlocked.Increment(ref commits) % 11 == 0));
    }

    public static IKvStore AddsByReadingAndWriting(IKvStore good) => new BrokenStore(good, tx => new AddByReading(tx));

    public static IKvStore RepeatsVersionstamps(IKvStore good)
    {
        var commits = 0L;
        return new BrokenStore(good, tx => new OwnStamps(tx, new Versionstamp(Interlocked.Increment(ref commits) / 2, 0)));
    }

    public static IKvStore AnswersAnotherVersionstamp(IKvStore good) => new BrokenStore(good, tx => new StampOffByOne(tx));

    public static IKvStore CommitsOnDispose(IKvStore good) => new BrokenStore(good, tx => new Eager(tx));

    public static IKvStore CutsLongValues(IKvStore good) => new BrokenStore(good, tx => new Cutting(tx));

    public static IKvStore TakesEmptyForAbsent(IKvStore good) => new BrokenStore(good, tx => new EmptyIsAbsent(tx));

    public static IKvStore ForgetsToNoteWrites(IKvStore good) => new Noteless(good);

    private sealed class Noteless(IKvStore inner) : KvStoreDecorator(inner)
    {
        public override WriteStamps? WriteStamps { get; } = new();
    }

    private sealed class NoPointConflicts(IKvTransaction inner) : KvTransactionDecorator(inner)
    {
        public override ValueTask<byte[]?> GetAsync(
            ReadOnlyMemory<byte> key, bool snapshot, CancellationToken cancellationToken) =>
            Inner.GetAsync(key, snapshot: true, cancellationToken);
    }

    private sealed class NoRangeConflicts(IKvTransaction inner) : KvTransactionDecorator(inner)
    {
        public override ValueTask<KvRange> GetRangeAsync(
            ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end, KvRangeOptions options, CancellationToken cancellationToken) =>
            Inner.GetRangeAsync(begin, end, options with { Snapshot = true }, cancellationToken);
    }

    private sealed class ConflictsOnPairsFound(IKvTransaction inner) : KvTransactionDecorator(inner)
    {
        public override async ValueTask<KvRange> GetRangeAsync(
            ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end, KvRangeOptions options, CancellationToken cancellationToken)
        {
            var range = await Inner.GetRangeAsync(begin, end, options with { Snapshot = true }, cancellationToken);
            foreach (var pair in options.Snapshot ? [] : range.Pairs)
            {
                Inner.AddReadConflictKey(pair.Key);
            }

            return range;
        }
    }

    private sealed class NoDeclaredConflicts(IKvTransaction inner) : KvTransactionDecorator(inner)
    {
        public override void AddReadConflictKey(ReadOnlyMemory<byte> key)
        {
        }

        public override void AddReadConflictRange(ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end)
        {
        }
    }

    private sealed class ConflictsOnTheWholeRangeRead(IKvTransaction inner) : KvTransactionDecorator(inner)
    {
        public override ValueTask<KvRange> GetRangeAsync(
            ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end, KvRangeOptions options, CancellationToken cancellationToken)
        {
            if (!options.Snapshot)
            {
                Inner.AddReadConflictRange(begin, end);
            }

            return Inner.GetRangeAsync(begin, end, options, cancellationToken);
        }
    }

    private sealed class SnapshotsThatConflict(IKvTransaction inner) : KvTransactionDecorator(inner)
    {
        public override ValueTask<byte[]?> GetAsync(
            ReadOnlyMemory<byte> key, bool snapshot, CancellationToken cancellationToken) =>
            Inner.GetAsync(key, snapshot: false, cancellationToken);

        public override ValueTask<KvRange> GetRangeAsync(
            ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end, KvRangeOptions options, CancellationToken cancellationToken) =>
            Inner.GetRangeAsync(begin, end, options with { Snapshot = false }, cancellationToken);
    }

    private sealed class WritesThatConflict(IKvTransaction inner) : KvTransactionDecorator(inner)
    {
        public override void Set(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value)
        {
            Inner.AddReadConflictKey(key);
            Inner.Set(key, value);
        }
    }

    private sealed class SnapshotIsolated(IKvTransaction inner) : KvTransactionDecorator(inner)
    {
        public override ValueTask<byte[]?> GetAsync(
            ReadOnlyMemory<byte> key, bool snapshot, CancellationToken cancellationToken) =>
            Inner.GetAsync(key, snapshot: true, cancellationToken);

        public override ValueTask<KvRange> GetRangeAsync(
            ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end, KvRangeOptions options, CancellationToken cancellationToken) =>
            Inner.GetRangeAsync(begin, end, options with { Snapshot = true }, cancellationToken);

        public override void Set(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value)
        {
            Inner.AddReadConflictKey(key);
            Inner.Set(key, value);
        }

        public override void Clear(ReadOnlyMemory<byte> key)
        {
            Inner.AddReadConflictKey(key);
            Inner.Clear(key);
        }
    }

    private sealed class VersionlessReader(IKvStore store) : IKvReader
    {
        public async ValueTask<long> GetReadVersionAsync(CancellationToken cancellationToken)
        {
            using var reader = store.BeginRead();
            return await reader.GetReadVersionAsync(cancellationToken);
        }

        public async ValueTask<byte[]?> GetAsync(ReadOnlyMemory<byte> key, bool snapshot, CancellationToken cancellationToken)
        {
            using var reader = store.BeginRead();
            return await reader.GetAsync(key, snapshot, cancellationToken);
        }

        public async ValueTask<KvRange> GetRangeAsync(
            ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end, KvRangeOptions options, CancellationToken cancellationToken)
        {
            using var reader = store.BeginRead();
            return await reader.GetRangeAsync(begin, end, options, cancellationToken);
        }

        public void Dispose()
        {
        }
    }

    private sealed class Versionless(IKvTransaction inner, IKvStore store) : KvTransactionDecorator(inner)
    {
        public override async ValueTask<byte[]?> GetAsync(
            ReadOnlyMemory<byte> key, bool snapshot, CancellationToken cancellationToken)
        {
            await Inner.GetAsync(key, snapshot, cancellationToken);
            return await new VersionlessReader(store).GetAsync(key, snapshot, cancellationToken);
        }
    }

    private sealed class BlindToOwnWrites(IKvTransaction inner, IKvReader reader) : KvTransactionDecorator(inner)
    {
        public override async ValueTask<byte[]?> GetAsync(
            ReadOnlyMemory<byte> key, bool snapshot, CancellationToken cancellationToken)
        {
            await Inner.GetAsync(key, snapshot, cancellationToken);
            return await reader.GetAsync(key, snapshot, cancellationToken);
        }

        public override void Dispose()
        {
            reader.Dispose();
            base.Dispose();
        }
    }

    private sealed class WithoutClearRange(IKvTransaction inner) : KvTransactionDecorator(inner)
    {
        public override void ClearRange(ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end)
        {
        }
    }

    private sealed class UnlimitedReverse(IKvTransaction inner) : KvTransactionDecorator(inner)
    {
        public override ValueTask<KvRange> GetRangeAsync(
            ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end, KvRangeOptions options, CancellationToken cancellationToken) =>
            Inner.GetRangeAsync(begin, end, options.Reverse ? options with { Limit = 0 } : options, cancellationToken);
    }

    private sealed class ReversedPage(IKvTransaction inner) : KvTransactionDecorator(inner)
    {
        public override async ValueTask<KvRange> GetRangeAsync(
            ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end, KvRangeOptions options, CancellationToken cancellationToken)
        {
            var range = await Inner.GetRangeAsync(begin, end, options with { Reverse = false }, cancellationToken);
            return options.Reverse ? range with { Pairs = [.. range.Pairs.Reverse()] } : range;
        }
    }

    private sealed class OnlyPage(IKvTransaction inner) : KvTransactionDecorator(inner)
    {
        public override async ValueTask<KvRange> GetRangeAsync(
            ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end, KvRangeOptions options, CancellationToken cancellationToken) =>
            await Inner.GetRangeAsync(begin, end, options, cancellationToken) with { HasMore = false };
    }

    private sealed class Forgetful(IKvTransaction inner, Func<bool> forgets) : KvTransactionDecorator(inner)
    {
        public override async ValueTask<KvCommit> CommitAsync(CancellationToken cancellationToken) =>
            forgets() ? new KvCommit(KvError.None, new Versionstamp(1, 0)) : await Inner.CommitAsync(cancellationToken);
    }

    private sealed class AddByReading(IKvTransaction inner) : KvTransactionDecorator(inner)
    {
        public override void AtomicAdd(ReadOnlyMemory<byte> key, long delta)
        {
            var old = Inner.GetAsync(key, snapshot: true).AsTask().GetAwaiter().GetResult() ?? [];
            var sum = new byte[8];
            old.AsSpan(0, Math.Min(8, old.Length)).CopyTo(sum);
            BinaryPrimitives.WriteInt64LittleEndian(sum, unchecked(BinaryPrimitives.ReadInt64LittleEndian(sum) + delta));
            Inner.Set(key, sum);
        }
    }

    private sealed class OwnStamps(IKvTransaction inner, Versionstamp stamp) : KvTransactionDecorator(inner)
    {
        public override void SetVersionstampedKey(ReadOnlyMemory<byte> key, int stampOffset, ReadOnlyMemory<byte> value)
        {
            var stamped = key.ToArray();
            stamp.WriteTo(stamped.AsSpan(stampOffset));
            Inner.Set(stamped, value);
        }

        public override async ValueTask<KvCommit> CommitAsync(CancellationToken cancellationToken)
        {
            var commit = await Inner.CommitAsync(cancellationToken);
            return commit.Versionstamp is null ? commit : commit with { Versionstamp = stamp };
        }
    }

    private sealed class StampOffByOne(IKvTransaction inner) : KvTransactionDecorator(inner)
    {
        public override async ValueTask<KvCommit> CommitAsync(CancellationToken cancellationToken)
        {
            var commit = await Inner.CommitAsync(cancellationToken);
            return commit.Versionstamp is { } stamp
                ? commit with { Versionstamp = stamp with { Version = stamp.Version + 1 } }
                : commit;
        }
    }

    private sealed class Eager(IKvTransaction inner) : KvTransactionDecorator(inner)
    {
        private bool _ended;

        public override ValueTask<KvCommit> CommitAsync(CancellationToken cancellationToken)
        {
            _ended = true;
            return Inner.CommitAsync(cancellationToken);
        }

        public override void Dispose()
        {
            if (!_ended)
            {
                CommitAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
            }

            base.Dispose();
        }
    }

    private sealed class Cutting(IKvTransaction inner) : KvTransactionDecorator(inner)
    {
        public override void Set(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value) =>
            Inner.Set(key, value[..Math.Min(value.Length, KvLimits.ValueBytes)]);
    }

    private sealed class EmptyIsAbsent(IKvTransaction inner) : KvTransactionDecorator(inner)
    {
        public override async ValueTask<byte[]?> GetAsync(
            ReadOnlyMemory<byte> key, bool snapshot, CancellationToken cancellationToken) =>
            await Inner.GetAsync(key, snapshot, cancellationToken) is { Length: > 0 } value ? value : null;
    }
}
