using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MetaService.Domain.Secrets;
using MetaService.Storage;
using MetaService.TestKit.Cases;

namespace MetaService.ReliabilityTests.Faults;

/// <summary>
/// One step of a conversation over a failing store: it is sent until it is answered, and after each reply the store is looked at.
/// A reply goes with the whole change that the step makes when nothing fails; a clean failure goes with that or with none.
/// </summary>
/// <param name="stored">The store below the failures.</param>
/// <param name="secrets">Opens the secrets of the server.</param>
/// <param name="expected">What the step changes when nothing fails; null to find out.</param>
internal sealed partial class StepRun(
    CaseRunner runner,
    FaultyKvStore store,
    IKvStore stored,
    SealedRecords secrets,
    Placeholders names,
    JsonObject step,
    string? expected)
{
    public int CleanFailures { get; private set; }

    /// <summary>What it has changed.</summary>
    public string Change { get; private set; } = StoreChange.None;

    /// <summary>Whether the change was made and its reply lost, of which later steps need something.</summary>
    public bool LostReply { get; private set; }

    /// <summary>Runs it and returns what must not happen, or null.</summary>
    public async Task<string?> RunAsync(int mostTries)
    {
        var before = await StoreContent.AllAsync(stored);
        while (true)
        {
            var reply = await runner.SendAsync(step);
            await store.LandAsync(all: true);
            Change = await StoreChange.SinceAsync(before, stored, secrets);
            if (!CleanFailure.Is(reply))
            {
                return CaseRunner.Judge(step, reply, names) ?? (expected is null || Change == expected ? null : Differs(reply));
            }

            CleanFailures++;
            if (CleanFailure.Judge(reply) is { } unclean)
            {
                return unclean;
            }

            if (Change != StoreChange.None && !IsInterim)
            {
                LostReply = step["save"] is not null;
                return CleanFailure.PromisesNoChange(reply) ? $"it promised no change and made one:\n{Change}"
                    : Change == expected ? null : Differs(reply);
            }

            if (CleanFailures == mostTries)
            {
                return $"it failed {mostTries} times";
            }
        }
    }

    /// <summary>
    /// A begin makes its id with a commit of its own, which stamps the label, new or as it is, and upon which nobody acts. It may
    /// be all that is left when the begin goes no further.
    /// </summary>
    private bool IsInterim =>
        step["path"]!.ToString().EndsWith("/begin_txn", StringComparison.Ordinal) && StampedLabel().IsMatch(Change);

    private string Differs(ApiReply reply) =>
        $"after {reply.Status} it changed\n{Change}\nbut without failures it changes\n{expected}\n";

    [GeneratedRegex(@"^(\+TxnLabelKey\([^()]*\) = \{\}|~TxnLabelKey\([^()]*\) = .*)\nTXN\z")]
    private static partial Regex StampedLabel();
}
