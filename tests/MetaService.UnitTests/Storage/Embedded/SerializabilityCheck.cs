using CsCheck;
using MetaService.Storage;

namespace MetaService.UnitTests.Storage.Embedded;

/// <summary>
/// Interleaves transactions on a store. Each one that commits is run again on the model at that moment: had it run alone, right
/// then, it must have read exactly what it did read.
/// </summary>
internal static class SerializabilityCheck
{
    public const int Sessions = 3;

    /// <param name="Session">Whose turn it is.</param>
    /// <param name="Operation">What it does next; null commits and begins anew.</param>
    public readonly record struct Step(int Session, TransactionModel.Operation? Operation);

    public static readonly Gen<Step[]> GenSteps =
        Gen.Select(
            Gen.Int[0, Sessions - 1],
            Gen.Frequency(
                (5, TransactionModel.GenOperation.Select(operation => (TransactionModel.Operation?)operation)),
                (1, Gen.Const((TransactionModel.Operation?)null))),
            (session, operation) => new Step(session, operation)).Array[5, 60];

    /// <summary>Runs the steps on an emptied store and returns how many commits succeeded and how many conflicted.</summary>
    public static async Task<(int Committed, int Conflicts)> RunAsync(IKvStore store, IEnumerable<Step> steps)
    {
        using (var empty = store.BeginTransaction())
        {
            empty.ClearRange(Array.Empty<byte>(), TransactionModel.LastKey);
            (await empty.CommitAsync()).IsCommitted.Should().BeTrue();
        }

        var model = TransactionModel.NewModel();
        var sessions = Enumerable.Range(0, Sessions).Select(_ => new Session(store)).ToArray();
        var (committed, conflicts) = (0, 0);
        var lastStamp = default(Versionstamp);
        foreach (var (index, operation) in steps)
        {
            if (operation is not null)
            {
                await sessions[index].RunAsync(operation);
                continue;
            }

            using var session = sessions[index];
            sessions[index] = new Session(store);
            var commit = await session.Transaction.CommitAsync();
            if (commit.IsCommitted)
            {
                // One that only read is as if run when it began: nothing to compare it with here.
                if (commit.Versionstamp is { } stamp)
                {
                    (stamp > lastStamp).Should().BeTrue();
                    lastStamp = stamp;
                    session.ShouldHaveReadAsOn(model);
                }

                committed++;
            }
            else
            {
                commit.Error.Should().Be(KvError.Conflict);
                conflicts++;
            }
        }

        foreach (var session in sessions)
        {
            session.Dispose();
        }

        using var reader = store.BeginRead();
        var stored = await reader.GetRangeAsync(Array.Empty<byte>(), TransactionModel.LastKey);
        TransactionModel.Describe(stored.Pairs).Should().Be(TransactionModel.Describe(model));
        return (committed, conflicts);
    }

    private sealed class Session(IKvStore store) : IDisposable
    {
        private readonly List<(TransactionModel.Operation Operation, string Answer)> _done = [];

        public IKvTransaction Transaction { get; } = store.BeginTransaction();

        public async Task RunAsync(TransactionModel.Operation operation) =>
            _done.Add((operation, await operation.RunAsync(Transaction)));

        public void ShouldHaveReadAsOn(SortedDictionary<string, byte[]> model)
        {
            foreach (var (operation, answer) in _done)
            {
                operation.Run(model).Should().Be(answer, "{0} had that answer", operation);
            }
        }

        public void Dispose() => Transaction.Dispose();
    }
}
