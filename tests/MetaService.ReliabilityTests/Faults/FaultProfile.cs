using MetaService.Storage;

namespace MetaService.ReliabilityTests.Faults;

/// <summary>How often a store fails, and how long a server bears with it.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Rates">The failures of the store.</param>
/// <param name="Transactions">The patience of the server.</param>
/// <param name="MayFail">Whether a request may end in a clean failure.</param>
internal sealed record FaultProfile(string Name, FaultRates Rates, TransactionRunnerOptions Transactions, bool MayFail)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    /// <summary>A server that tries until it succeeds.</summary>
    public static FaultProfile Patient { get; } = new(
        "patient",
        FaultRates.Each(0.05) with { LongestPause = Pause },
        new() { Deadline = TimeSpan.FromMinutes(2), MaxBackoff = Pause },
        MayFail: false);

    /// <summary>A server that tries twice, and finds out about lost replies for as long as it takes.</summary>
    public static FaultProfile Hurried { get; } = new(
        "hurried",
        FaultRates.Each(0.05) with { LongestPause = Pause },
        new() { Deadline = TimeSpan.FromMinutes(2), MaxBackoff = Pause, RetryLimit = 1 },
        MayFail: true);

    /// <summary>A server that has no time at all: what fails once has failed, and lost replies stay lost.</summary>
    public static FaultProfile Impatient { get; } = new(
        "impatient",
        FaultRates.Each(0.04) with { LongestPause = Pause },
        new() { Deadline = TimeSpan.Zero },
        MayFail: true);

    public static IReadOnlyList<FaultProfile> All { get; } = [Patient, Hurried, Impatient];
}
