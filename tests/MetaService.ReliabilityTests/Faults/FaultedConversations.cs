using System.Text.Json.Nodes;
using MetaService.ReliabilityTests.Clocks;
using MetaService.Server.Settings;
using MetaService.Storage;
using MetaService.TestKit.Cases;

namespace MetaService.ReliabilityTests.Faults;

/// <summary>How a conversation over a failing store went.</summary>
/// <param name="Problem">The first thing that must not happen, or null.</param>
/// <param name="Changes">What each step changed.</param>
/// <param name="CleanFailures">Replies that said that the store failed, as they should.</param>
/// <param name="Faults">Failures that the store had.</param>
internal sealed record ConversationResult(string? Problem, IReadOnlyList<string> Changes, int CleanFailures, int Faults);

/// <summary>
/// Holds the recorded conversations with one server over stores that fail. Each gets an empty store; the clock stands still, so
/// that two runs of a conversation change the same.
/// </summary>
internal sealed class FaultedConversations : IAsyncDisposable
{
    /// <summary>After this many clean failures of one step something else is wrong.</summary>
    private const int MostTries = 500;

    private readonly SettableClock _clock;
    private readonly SwitchableStore _place;
    private readonly InProcessServer _server;
    private readonly CaseRunner _runner;

    private FaultedConversations(SettableClock clock, SwitchableStore place, InProcessServer server)
    {
        _clock = clock;
        _place = place;
        _server = server;
        _runner = new CaseRunner(server.Http, ServerOptions.DocumentToken);
    }

    public static async Task<FaultedConversations> StartAsync(TransactionRunnerOptions transactions)
    {
        var clock = new SettableClock(DateTimeOffset.UtcNow);
        var place = new SwitchableStore(new InMemoryKvStore(clock));
        var server = await InProcessServer.StartOnAsync(
            place,
            options =>
            {
                options.Housekeeping.Enabled = false;
                options.Transactions.Deadline = transactions.Deadline;
                options.Transactions.RetryLimit = transactions.RetryLimit;
                options.Transactions.MaxBackoff = transactions.MaxBackoff;
            },
            clock);
        return new FaultedConversations(clock, place, server);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>What each step of a conversation changes when nothing fails.</summary>
    public async Task<IReadOnlyList<string>> RecordAsync(JsonObject conversation) =>
        (await RunAsync(conversation, seed: 0, new FaultRates(), expected: null)).Changes;

    /// <param name="expected">What each step changes when nothing fails; null to find out.</param>
    /// <param name="mistake">A mistake to put in.</param>
    public async Task<ConversationResult> RunAsync(
        JsonObject conversation, int seed, FaultRates rates, IReadOnlyList<string>? expected, Mistake? mistake = null)
    {
        await using var inner = new InMemoryKvStore(_clock);
        var store = new FaultyKvStore(Mistake.Below(mistake, inner), seed, rates);
        _place.Current = Mistake.Above(mistake, store);
        var names = new Placeholders("case", _clock.Now);
        var changes = new List<string>();
        var failures = 0;
        foreach (var (number, item) in conversation["steps"]!.AsArray().Index())
        {
            var step = names.Fill(item)!.AsObject();
            var run = new StepRun(_runner, store, inner, _server.Secrets, names, step, expected?[number]);
            var problem = await run.RunAsync(MostTries);
            failures += run.CleanFailures;
            changes.Add(run.Change);
            if (problem is not null || run.LostReply)
            {
                return Result(problem is null ? null : $"step {number + 1} {step["path"]}: {problem}");
            }
        }

        return Result(null);

        ConversationResult Result(string? problem) => new(problem, changes, failures, store.InjectedFaults);
    }
}
