using MetaService.Bench.Load;
using MetaService.Bench.Processes;

namespace MetaService.Bench.Report;

/// <summary>What one load of one server showed. Latencies in milliseconds.</summary>
/// <param name="CpuPerRequest">Processor time of the server, in milliseconds.</param>
/// <param name="Rss">Resident memory of the server after the load, in MiB.</param>
/// <param name="PeakRss">The highest since its start, in MiB.</param>
/// <param name="Others">
/// How much of all processors was busy with something else than server and load, in per cent: where it is much, the machine was not
/// quiet. What the kernel does for the two on nobody's account is in it too.
/// </param>
internal sealed record Measurement(
    double PerSecond,
    double P50,
    double P99,
    double P999,
    double Max,
    double CpuPerRequest,
    double Rss,
    double PeakRss,
    double Errors,
    double Others)
{
    /// <summary>Runs a load and watches the server meanwhile.</summary>
    public static async Task<(Measurement Measured, LoadResult Result)> TakeAsync(
        ChildProcess server, Func<CancellationToken, Task<LoadResult>> load, CancellationToken cancellationToken)
    {
        var (cpu, busy) = (server.Cpu, Machine.Busy());
        var result = await load(cancellationToken);
        (cpu, busy) = (server.Cpu - cpu, Machine.Busy() - busy);
        var (rss, peak) = server.Memory();
        var others = (busy - cpu - result.Cpu).TotalSeconds / (result.Seconds * Environment.ProcessorCount) * 100;
        return (new Measurement(
            result.PerSecond,
            result.P50,
            result.P99,
            result.P999,
            result.Max,
            cpu.TotalMilliseconds / Math.Max(1, result.Requests),
            rss,
            peak,
            result.Errors,
            Math.Max(0, others)), result);
    }

    /// <summary>One that has, of several, a choice of each figure.</summary>
    public static Measurement Of(IReadOnlyList<Measurement> all, Func<IEnumerable<double>, double> choose) => new(
        choose(all.Select(m => m.PerSecond)),
        choose(all.Select(m => m.P50)),
        choose(all.Select(m => m.P99)),
        choose(all.Select(m => m.P999)),
        choose(all.Select(m => m.Max)),
        choose(all.Select(m => m.CpuPerRequest)),
        choose(all.Select(m => m.Rss)),
        choose(all.Select(m => m.PeakRss)),
        choose(all.Select(m => m.Errors)),
        choose(all.Select(m => m.Others)));
}

/// <summary>Figures over several runs.</summary>
internal static class Statistics
{
    /// <summary>The middle one; of an even number the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
    }
}
