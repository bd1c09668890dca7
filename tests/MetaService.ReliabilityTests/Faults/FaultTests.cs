using MetaService.TestKit.Cases;

namespace MetaService.ReliabilityTests.Faults;

/// <summary>
/// Every recorded conversation over a store that fails in all the ways that a store over a network can: it passes, or its
/// requests fail cleanly, and each change is made wholly or not at all.
/// </summary>
public sealed class FaultTests
{
    private const int SeedsPerProfile = 2;

    [Theory]
    [InlineData("patient")]
    [InlineData("hurried")]
    [InlineData("impatient")]
    public async Task A_conversation_passes_or_fails_cleanly(string profileName)
    {
        var profile = FaultProfile.All.Single(p => p.Name == profileName);
        await using var conversations = await FaultedConversations.StartAsync(profile.Transactions);
        var expected = await RecordAllAsync(conversations);
        var (faults, failures, count) = (0, 0, 0);
        foreach (var seed in Effort.Seeds(SeedsPerProfile))
        {
            foreach (var (name, changes) in expected)
            {
                var result = await conversations.RunAsync(CaseFiles.Get(name), seed, profile.Rates, changes);
                result.Problem.Should().BeNull("'{0}' on a {1} server, {2}", name, profile.Name, Effort.Repeat(seed));
                (faults, failures, count) = (faults + result.Faults, failures + result.CleanFailures, count + 1);
            }
        }

        faults.Should().BeGreaterThan(count, "a run with few faults proves little");
        (failures > 0).Should().Be(profile.MayFail);
        Figures.Add("faults injected", faults);
        Figures.Add("clean failures", failures);
        Figures.Add("conversations under faults", count);
    }

    /// <summary>
    /// The changes of all conversations, recorded twice: what differs from run to run must not be left in them.
    /// </summary>
    internal static async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> RecordAllAsync(
        FaultedConversations conversations)
    {
        var recorded = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var name in CaseFiles.All)
        {
            var changes = await conversations.RecordAsync(CaseFiles.Get(name));
            var again = await conversations.RecordAsync(CaseFiles.Get(name));
            foreach (var (step, change) in changes.Index())
            {
                again[step].Should().Be(change, "step {0} of '{1}' changes the same in each run", step + 1, name);
            }

            recorded.Add(name, changes);
        }

        return recorded;
    }
}
