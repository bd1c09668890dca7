using MetaService.ReliabilityTests.Faults;
using MetaService.TestKit.Cases;

namespace MetaService.ReliabilityTests.PlantedBugs;

/// <summary>Mistakes that the conversations over a failing store find.</summary>
public sealed class PlantedForFaults
{
    private const int MostSeeds = 4;

    public static TheoryData<string> Mistakes() =>
    [
        nameof(BadStores.LostIndexWrites), nameof(BadStores.LostCommits), nameof(BadStores.TornCommits),
        nameof(BadStores.UnknownMeansNo), nameof(BadStores.UnknownMeansYes),
    ];

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_conversation_finds(string mistake)
    {
        await using var conversations = await FaultedConversations.StartAsync(FaultProfile.Hurried.Transactions);
        var expected = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var name in CaseFiles.All)
        {
            expected.Add(name, await conversations.RecordAsync(CaseFiles.Get(name)));
        }

        string? problem = null;
        foreach (var seed in Enumerable.Range(Effort.FirstSeed, MostSeeds))
        {
            foreach (var (name, changes) in expected.Where(_ => problem is null))
            {
                var result = await conversations.RunAsync(
                    CaseFiles.Get(name), seed, FaultProfile.Hurried.Rates, changes, Planted.Get(mistake));
                problem = result.Problem;
            }
        }

        Planted.ShouldBeFound(problem);
    }
}
