using System.Collections.Concurrent;
using MetaService.Storage;

namespace MetaService.UnitTests.Storage.Conformance;

public abstract partial class KvStoreConformance
{
    /// <summary>
    /// Random concurrent transactions, checked against a serial execution in the order of their versionstamps. Each one also writes
    /// its stamp into a log of its own, so the log and not the answer of the commit says what was applied.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Random_concurrent_transactions_equal_a_serial_execution(int seed)
    {
        const int Workers = 6;
        const int TransactionsPerWorker = 40;
        var attempts = new ConcurrentBag<Attempt>();

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(async () =>
        {
            var random = new Random((seed * 1000) + worker);
            for (var i = 0; i < TransactionsPerWorker; i++)
            {
                attempts.Add(await RunRandomAsync(random, $"log {worker:D2} {i:D3}"));
            }
        })));

        var log = await ReadLogAsync();
        var committed = attempts
            .Where(attempt => log.ContainsKey(attempt.LogKey))
            .OrderBy(attempt => log[attempt.LogKey])
            .ToList();
        foreach (var attempt in attempts)
        {
            CheckAnswer(attempt, log.TryGetValue(attempt.LogKey, out var stamp) ? stamp : null);
        }

        var history = new History();
        foreach (var attempt in committed)
        {
            attempt.CheckReads(history.Current, onlyConflicting: true, $"seed {seed}: the serial order must explain its reads");
            history.Apply(attempt, log[attempt.LogKey].Version);
        }

        foreach (var attempt in attempts)
        {
            attempt.CheckReads(history.At(attempt.ReadVersion), onlyConflicting: false, $"seed {seed}: its read version");
        }

        (await SerialModel.ReadAllAsync(Store, Prefix)).Should().Be(history.Current.ToString());
        committed.Should().HaveCountGreaterThan(attempts.Count / 5, "a store that commits nothing proves nothing");
        committed.Should().HaveCountLessThan(attempts.Count, "transactions that never meet prove nothing");
    }

    private async Task<Attempt> RunRandomAsync(Random random, string logKey)
    {
        using var transaction = Store.BeginTransaction();
        var version = await transaction.GetReadVersionAsync();
        List<(Step, string)> steps = [];
        for (var i = random.Next(1, 7); i > 0; i--)
        {
            var step = Step.Random(random);
            steps.Add((step, await step.RunAsync(transaction, Prefix)));
            await Task.Yield();
        }

        transaction.SetVersionstampedValue(Key(logKey), NoStamp, 0);
        return new Attempt(logKey, version, steps, await transaction.CommitAsync());
    }

    private async Task<Dictionary<string, Versionstamp>> ReadLogAsync()
    {
        using var reader = Store.BeginRead();
        var range = await reader.GetRangeAsync(Key("log"), Key("loh"));
        return range.Pairs.ToDictionary(pair => Text(pair.Key[Prefix.Length..])!, pair => Versionstamp.Read(pair.Value));
    }

    private static void CheckAnswer(Attempt attempt, Versionstamp? logged)
    {
        switch (attempt.Commit.Error)
        {
            case KvError.None:
                logged.Should().Be(attempt.Commit.Versionstamp, "an acknowledged commit is applied, with the stamp it was told");
                break;
            case KvError.CommitUnknown:
                break;
            default:
                logged.Should().BeNull($"the answer was {attempt.Commit.Error}");
                break;
        }
    }

    /// <summary>One transaction as its client saw it.</summary>
    private sealed record Attempt(string LogKey, long ReadVersion, List<(Step Step, string Seen)> Steps, KvCommit Commit)
    {
        /// <summary>Runs the steps on a copy of a state and compares what they read.</summary>
        public void CheckReads(SerialModel before, bool onlyConflicting, string because)
        {
            var state = before.Copy();
            foreach (var (step, seen) in Steps)
            {
                var expected = step.ExpectedOn(state);
                if (!(onlyConflicting && step.IsSnapshot))
                {
                    seen.Should().Be(expected, $"{because} ({LogKey}, {step})");
                }
            }
        }
    }

    /// <summary>The states after each committed transaction.</summary>
    private sealed class History
    {
        private readonly List<(long Version, SerialModel State)> _states = [(long.MinValue, new SerialModel())];

        public SerialModel Current => _states[^1].State;

        public void Apply(Attempt attempt, long version)
        {
            var state = Current.Copy();
            foreach (var (step, _) in attempt.Steps)
            {
                step.ExpectedOn(state);
            }

            _states.Add((version, state));
        }

        public SerialModel At(long version) => _states.Last(entry => entry.Version <= version).State;
    }
}
