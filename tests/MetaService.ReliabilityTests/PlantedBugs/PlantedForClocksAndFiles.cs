using MetaService.ReliabilityTests.Clocks;
using MetaService.ReliabilityTests.DamagedFiles;
using MetaService.Storage;

namespace MetaService.ReliabilityTests.PlantedBugs;

/// <summary>Mistakes that the tests of clocks and of damaged files find.</summary>
public sealed class PlantedForClocksAndFiles
{
    // A walk of few steps may happen to go forth all the time.
    private const int MostSeeds = 10;

    [Fact]
    public async Task Steps_of_the_clock_show_that_versions_follow_it()
    {
        string? problem = null;
        for (var seed = Effort.FirstSeed; problem is null && seed < Effort.FirstSeed + MostSeeds; seed++)
        {
            var walk = new ClockWalk(clock => new FollowsTheClock(new InMemoryKvStore(clock), clock), seed);
            try
            {
                await walk.RunAsync(starts: 1);
            }
            catch (InvalidOperationException e)
            {
                problem = e.Message;
            }
        }

        Planted.ShouldBeFound(problem);
    }

    [Fact]
    public async Task A_flipped_bit_shows_that_a_store_opens_with_what_is_left()
    {
        using var recorded = await RecordedStore.MakeAsync(new Random(Effort.FirstSeed), commits: 10, longest: 200);
        var damaged = recorded.Copy();
        damaged.Flip(DamagedStore.Log, recorded.Begin(5) + 5, bit: 6);

        Planted.ShouldBeFound(await damaged.ProblemAsync(recorded, () =>
        {
            damaged.CutLog(recorded.Begin(5));
            return damaged.Open();
        }));
    }

    /// <summary>Versions are the time, whatever was given out before.</summary>
    private sealed class FollowsTheClock(IKvStore good, TimeProvider clock) : KvStoreDecorator(good)
    {
        private int _order;

        public override IKvTransaction BeginTransaction() => new Transaction(Inner.BeginTransaction(), () => new Versionstamp(
            clock.GetUtcNow().ToUnixTimeMilliseconds(), (ushort)(Interlocked.Increment(ref _order) % 1000)));

        private sealed class Transaction(IKvTransaction inner, Func<Versionstamp> stamp) : KvTransactionDecorator(inner)
        {
            public override async ValueTask<KvCommit> CommitAsync(CancellationToken cancellationToken)
            {
                var commit = await Inner.CommitAsync(cancellationToken);
                return commit.Versionstamp is null ? commit : commit with { Versionstamp = stamp() };
            }
        }
    }
}
