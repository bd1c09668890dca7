using CsCheck;
using MetaService.Storage;
using Microsoft.Extensions.Time.Testing;

namespace MetaService.UnitTests.Storage.Embedded;

public class OptimisticTransactionTests
{
    [Fact]
    public async Task Reads_see_pending_writes_as_if_they_were_done()
    {
        var seen = 0;
        await Gen.Select(TransactionModel.GenOperation.Array[0, 12], TransactionModel.GenOperation.Array[1, 20])
            .SampleAsync(async (before, during) =>
            {
                await using var store = new InMemoryKvStore(TimeProvider.System);
                var model = TransactionModel.NewModel();
                using (var first = store.BeginTransaction())
                {
                    await RunBothAsync(before, first, model);
                    (await first.CommitAsync()).IsCommitted.Should().BeTrue();
                }

                using var second = store.BeginTransaction();
                await RunBothAsync(during, second, model);
                (await second.CommitAsync()).IsCommitted.Should().BeTrue();
                using var reader = store.BeginRead();
                var stored = await reader.GetRangeAsync(Array.Empty<byte>(), TransactionModel.LastKey);
                TransactionModel.Describe(stored.Pairs).Should().Be(TransactionModel.Describe(model));
                seen += stored.Pairs.Count;
            }, iter: 3000, threads: 1);
        seen.Should().BePositive();
    }

    [Fact]
    public async Task Interleaved_transactions_are_serializable_on_the_memory_store()
    {
        var (committed, conflicts) = (0, 0);
        await SerializabilityCheck.GenSteps.SampleAsync(async steps =>
        {
            await using var store = new InMemoryKvStore(TimeProvider.System);
            var result = await SerializabilityCheck.RunAsync(store, steps);
            committed += result.Committed;
            conflicts += result.Conflicts;
        }, iter: 2000, threads: 1);
        committed.Should().BePositive();
        conflicts.Should().BePositive();
    }

    [Theory]
    [InlineData(false, "b", KvError.Conflict)]
    [InlineData(false, "b0", KvError.None)]
    [InlineData(true, "e", KvError.Conflict)]
    [InlineData(true, "d5", KvError.None)]
    [InlineData(true, "f", KvError.Conflict)]
    public async Task A_limited_read_conflicts_only_with_what_it_went_over(bool reverse, string written, KvError expected)
    {
        await using var store = await StoreWithAsync("a", "b", "c", "d", "e");
        using var transaction = store.BeginTransaction();
        // Forward it ends at b, in reverse at e.
        var range = await transaction.GetRangeAsync(Key("a"), Key("g"), new KvRangeOptions(reverse ? 1 : 2, reverse));
        range.HasMore.Should().BeTrue();
        transaction.Set(Key("x"), Key("1"));
        await WriteAsync(store, written);
        (await transaction.CommitAsync()).Error.Should().Be(expected);
    }

    [Fact]
    public async Task Reading_what_it_wrote_itself_does_not_make_it_conflict()
    {
        await using var store = await StoreWithAsync("a", "b", "c", "d");
        using var transaction = store.BeginTransaction();
        transaction.Set(Key("a"), Key("own"));
        transaction.Clear(Key("b"));
        transaction.ClearRange(Key("c"), Key("e"));
        (await transaction.GetAsync(Key("a"))).Should().Equal(Key("own"));
        (await transaction.GetAsync(Key("b"))).Should().BeNull();
        (await transaction.GetRangeAsync(Key("c"), Key("e"))).Pairs.Should().BeEmpty();
        await WriteAsync(store, "a", "b", "c", "d");
        (await transaction.CommitAsync()).Error.Should().Be(KvError.None);
    }

    [Theory]
    [InlineData(false, KvError.Conflict)]
    [InlineData(true, KvError.None)]
    public async Task Reading_its_own_addition_depends_on_the_store_unless_read_as_a_snapshot(bool snapshot, KvError expected)
    {
        await using var store = await StoreWithAsync("a");
        using var transaction = store.BeginTransaction();
        transaction.AtomicAdd(Key("n"), 5);
        (await transaction.GetAsync(Key("n"), snapshot)).Should().Equal(5, 0, 0, 0, 0, 0, 0, 0);
        await WriteAsync(store, "n");
        (await transaction.CommitAsync()).Error.Should().Be(expected);
    }

    [Fact]
    public async Task It_is_over_after_commit_and_after_dispose()
    {
        await using var store = await StoreWithAsync("a");
        using var committed = store.BeginTransaction();
        committed.Set(Key("b"), Key("1"));
        (await committed.CommitAsync()).IsCommitted.Should().BeTrue();
        var disposed = store.BeginTransaction();
        disposed.Dispose();
        foreach (var transaction in new[] { committed, disposed })
        {
            Func<Task>[] uses =
            [
                async () => await transaction.GetAsync(Key("a")),
                async () => await transaction.GetRangeAsync(Key("a"), Key("b")),
                async () => await transaction.CommitAsync(),
                () => Run(() => transaction.Set(Key("a"), Key("1"))),
                () => Run(() => transaction.AddReadConflictKey(Key("a"))),
            ];
            foreach (var use in uses)
            {
                (await use.Should().ThrowAsync<KvException>()).Which.Error.Should().Be(KvError.InvalidOperation);
            }
        }
    }

    [Fact]
    public async Task Cancelled_before_commit_nothing_is_written()
    {
        await using var store = await StoreWithAsync("a");
        using var transaction = store.BeginTransaction();
        transaction.Set(Key("b"), Key("1"));
        await FluentActions.Awaiting(async () => await transaction.CommitAsync(new CancellationToken(canceled: true)))
            .Should().ThrowAsync<OperationCanceledException>();
        using var reader = store.BeginRead();
        (await reader.GetAsync(Key("b"))).Should().BeNull();
    }

    [Fact]
    public async Task After_five_seconds_it_is_too_old_to_read_and_to_write()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        await using var store = new InMemoryKvStore(time);
        using var transaction = store.BeginTransaction();
        using var reader = store.BeginRead();
        transaction.Set(Key("a"), Key("1"));
        time.Advance(KvLimits.TransactionAge);
        (await transaction.GetAsync(Key("b"))).Should().BeNull();
        time.Advance(TimeSpan.FromMilliseconds(1));
        (await FluentActions.Awaiting(async () => await transaction.GetAsync(Key("b"))).Should().ThrowAsync<KvException>())
            .Which.Error.Should().Be(KvError.TooOld);
        (await FluentActions.Awaiting(async () => await reader.GetAsync(Key("b"))).Should().ThrowAsync<KvException>())
            .Which.Error.Should().Be(KvError.TooOld);
        (await transaction.CommitAsync()).Error.Should().Be(KvError.TooOld);
        using var next = store.BeginRead();
        (await next.GetAsync(Key("a"))).Should().BeNull();
    }

    private static byte[] Key(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private static Task Run(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private static async Task<InMemoryKvStore> StoreWithAsync(params string[] keys)
    {
        var store = new InMemoryKvStore(TimeProvider.System);
        await WriteAsync(store, keys);
        return store;
    }

    private static async Task WriteAsync(InMemoryKvStore store, params string[] keys)
    {
        using var transaction = store.BeginTransaction();
        Array.ForEach(keys, key => transaction.Set(Key(key), Key("stored")));
        (await transaction.CommitAsync()).IsCommitted.Should().BeTrue();
    }

    private static async Task RunBothAsync(
        TransactionModel.Operation[] operations, IKvTransaction transaction, SortedDictionary<string, byte[]> model)
    {
        foreach (var operation in operations)
        {
            (await operation.RunAsync(transaction)).Should().Be(operation.Run(model), "{0} must see all before it", operation);
        }
    }
}
