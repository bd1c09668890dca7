namespace MetaService.Bench.Load;

/// <summary>How to load a server.</summary>
/// <param name="Connections">How many requests are under way at a time.</param>
/// <param name="Tag">Eight letters and digits that no other load of this run has.</param>
internal sealed record LoadShape(int Connections, TimeSpan Duration, string Tag);

/// <summary>What a load found.</summary>
/// <param name="Requests">Those that were answered.</param>
/// <param name="Seconds">How long it really took.</param>
/// <param name="BadStatus">Answers that are no success.</param>
/// <param name="Broken">Requests without an answer: connections refused or broken, and waits given up.</param>
/// <param name="P50">Milliseconds, like the other latencies.</param>
/// <param name="Cpu">Processor time of the load itself.</param>
internal sealed record LoadResult(
    long Requests, double Seconds, long BadStatus, long Broken, double P50, double P99, double P999, double Max, TimeSpan Cpu)
{
    /// <summary>Successes per second.</summary>
    public double PerSecond => Succeeded / Seconds;

    public long Succeeded => Requests - BadStatus;

    public long Errors => BadStatus + Broken;
}
