namespace MetaService.ReliabilityTests.Linearizability;

/// <summary>
/// What many clients are answered at once is what they would have been answered one after the other, in an order that fits the
/// times of their calls.
/// </summary>
public sealed class LinearizabilityTests
{
    private const int SeedsPerSetup = 4;
    private const int CallsPerSeed = 400;

    [Theory]
    [InlineData(Setup.Memory)]
    [InlineData(Setup.RocksDb)]
    [InlineData(Setup.TwoServers)]
    public async Task Answers_fit_an_order_of_the_calls(string name)
    {
        var (faults, unknown, calls) = (0, 0, 0);
        var seen = new HashSet<(Endpoint, string)>();
        foreach (var seed in Effort.Seeds(SeedsPerSetup))
        {
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
        foreach (var endpoint in Enum.GetValues<Endpoint>())
        {
            seen.Should().Contain((endpoint, ApiModel.Ok));
            seen.Count(s => s.Item1 == endpoint).Should().BeGreaterThan(1, "{0} was refused, too", endpoint);
        }

        Figures.Add("histories checked", Effort.Times(SeedsPerSetup));
        Figures.Add("operations checked", calls);
        Figures.Add("operations of unknown outcome", unknown);
        Figures.Add("faults injected", faults);
    }
}
