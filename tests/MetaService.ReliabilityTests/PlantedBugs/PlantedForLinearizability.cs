using MetaService.ReliabilityTests.Linearizability;

namespace MetaService.ReliabilityTests.PlantedBugs;

/// <summary>Mistakes that the checker of histories finds.</summary>
public sealed class PlantedForLinearizability
{
    private const int MostSeeds = 10;
    private const int CallsPerSeed = 500;

    public static TheoryData<string> Mistakes() =>
    [
        nameof(BadStores.NoConflicts), nameof(BadStores.LostIndexWrites), nameof(BadStores.LostCommits),
        nameof(BadStores.UnknownMeansNo), nameof(BadStores.UnknownMeansYes), nameof(BadStores.StaleReads),
    ];

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_history_shows(string mistake)
    {
        string? problem = null;
        for (var seed = Effort.FirstSeed; problem is null && seed < Effort.FirstSeed + MostSeeds; seed++)
        {
            await using var setup = await Setup.StartAsync(Setup.Memory, seed, Planted.Get(mistake));
            using var run = new ConcurrentRun(setup.Servers, seed);
            problem = ConcurrentRun.Check(await run.RunAsync(CallsPerSeed, setup.SettleAsync));
        }

        Planted.ShouldBeFound(problem);
    }
}
