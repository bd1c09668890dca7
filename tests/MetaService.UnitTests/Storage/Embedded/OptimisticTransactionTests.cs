using CsCheck;
using MetaService.Storage;

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

    private static async Task RunBothAsync(
        TransactionModel.Operation[] operations, IKvTransaction transaction, SortedDictionary<string, byte[]> model)
    {
        foreach (var operation in operations)
        {
            (await operation.RunAsync(transaction)).Should().Be(operation.Run(model), "{0} must see all before it", operation);
        }
    }
}
