namespace MetaService.ReliabilityTests.Linearizability;

/// <summary>
/// What many clients are answered at once is what they would have been answered one after the other, in an order that fits the
/// times of their calls.
/// </summary>
public sealed class LinearizabilityTests
{
    private const int SeedsPerSetup = 4;

    // What answers there are depends on who comes first: if one is still missing, there are further seeds.
    private const int MostSeedsPerSetup = 40;
    private const int CallsPerSeed = 400;

    [Theory]
    [InlineData(Setup.Memory)]
    [InlineData(Setup.RocksDb)]
    [InlineData(Setup.TwoServers)]
    public async Task Answers_fit_an_order_of_the_calls(string name)
    {
        var (seeds, faults, unknown, calls) = (0, 0, 0, 0);
        var seen = new HashSet<(Endpoint, string)>();
        foreach (var seed in Effort.Seeds(MostSeedsPerSetup))
        {
            if (seeds >= Effort.Times(SeedsPerSetup) && unknown > 0 && Enum.GetValues<Endpoint>().All(endpoint => IsCovered(endpoint, seen)))
            {
                break;
            }

            seeds++;
            await using var setup = await Setup.StartAsync(name, seed);
            using var run = new ConcurrentRun(setup.Servers, seed);

            var history = await run.RunAsync(CallsPerSeed, setup.SettleAsync);

            ConcurrentRun.Check(history).Should().BeNull("setup '{0}', {1}", name, Effort.Repeat(seed));
            history.Where(e => e.Answer?.Contains("please report", StringComparison.Ordinal) == true).Should().BeEmpty();
            seen.UnionWith(history.Where(e => e.IsKnown).Select(e => (e.Call.Endpoint, e.Answer![..3])));
            faults += setup.Faults;
            unknown += history.Count(e => !e.IsKnown);
            calls += history.Count;
        }

        unknown.Should().BePositive("some connections were dropped");
        Enum.GetValues<Endpoint>().Where(endpoint => !IsCovered(endpoint, seen)).Should().BeEmpty("each is answered, and refused, too");

        Figures.Add("histories checked", seeds);
        Figures.Add("operations checked", calls);
        Figures.Add("operations of unknown outcome", unknown);
        Figures.Add("faults injected", faults);
    }

    private static bool IsCovered(Endpoint endpoint, HashSet<(Endpoint Endpoint, string Status)> seen) =>
        seen.Contains((endpoint, ApiModel.Ok)) && seen.Any(s => s.Endpoint == endpoint && s.Status != ApiModel.Ok);
}
