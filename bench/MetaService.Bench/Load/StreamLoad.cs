using System.Diagnostics;
using Grpc.Core;

namespace MetaService.Bench.Load;

/// <summary>
/// Loads by calls of this process, for what wrk does not speak: as many loops as there are connections to be, each with one
/// call after the other.
/// </summary>
internal static class StreamLoad
{
    /// <param name="call">
    /// One call of a loop, given the number of the loop and of the call in it; whether it was a success.
    /// </param>
    public static async Task<LoadResult> RunAsync(
        LoadShape shape, Func<int, long, CancellationToken, Task<bool>> call, CancellationToken cancellationToken)
    {
        using var self = Process.GetCurrentProcess();
        var cpuBefore = self.TotalProcessorTime;
        var started = Stopwatch.GetTimestamp();
        var loops = await Task.WhenAll(Enumerable.Range(0, shape.Connections)
            .Select(loop => Task.Run(() => LoopAsync(loop, started, shape.Duration, call, cancellationToken), cancellationToken)));
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        self.Refresh();

        var latencies = loops.SelectMany(l => l.Latencies).Order().ToArray();
        if (latencies.Length == 0)
        {
            throw new BenchException("no call was answered in time");
        }

        return new LoadResult(
            latencies.Length,
            seconds,
            loops.Sum(l => l.Failures),
            0,
            At(0.5),
            At(0.99),
            At(0.999),
            At(1),
            self.TotalProcessorTime - cpuBefore);

        double At(double part) => latencies[Math.Max(0, (int)Math.Ceiling(latencies.Length * part) - 1)];
    }

    private static async Task<(List<double> Latencies, long Failures)> LoopAsync(
        int loop, long started, TimeSpan duration, Func<int, long, CancellationToken, Task<bool>> call, CancellationToken cancellationToken)
    {
        var latencies = new List<double>();
        long failures = 0;
        for (var n = 0L; Stopwatch.GetElapsedTime(started) < duration; n++)
        {
            var sent = Stopwatch.GetTimestamp();
            try
            {
                failures += await call(loop, n, cancellationToken) ? 0 : 1;
            }
            catch (RpcException)
            {
                failures++;
            }

            latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
        }

        return (latencies, failures);
    }
}
