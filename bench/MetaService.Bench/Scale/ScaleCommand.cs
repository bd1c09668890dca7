using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MetaService.Bench.Load;
using MetaService.Bench.Processes;
using MetaService.Bench.Report;
using MetaService.Bench.Targets;
using static MetaService.Bench.Report.TextTable;

namespace MetaService.Bench.Scale;

/// <summary><c>bench/run scale</c>: what becomes of start, memory and reads as the store grows.</summary>
internal static class ScaleCommand
{
    private const int Connections = 32;

    private static readonly Option<int[]> Counts = CommonOptions.Numbers("--counts", "Numbers of instances.", 100, 10_000, 1_000_000);

    private static readonly Option<int> Rate = new("--rate")
    {
        Description = "Requests per second of the load that leaves the server time to spare.",
        DefaultValueFactory = _ => 1000,
    };

    /// <summary>Figures of one size.</summary>
    /// <param name="FillSeconds">Time to write the store, which no server did.</param>
    /// <param name="ReadySeconds">From the start of the process until /health/ready answers 200.</param>
    /// <param name="RssAtStart">Resident memory when it is ready, in MiB.</param>
    /// <param name="Full">As fast as replies come, on random instances.</param>
    /// <param name="Moderate">At the moderate rate, on random instances.</param>
    private sealed record Size(
        int Instances, double StoreMiB, double FillSeconds, double ReadySeconds, double RssAtStart, Measurement Full, Measurement Moderate);

    public static Command Create()
    {
        var command = new Command("scale", "Fill stores with more and more instances and read random ones at 32 connections.") { Counts, Rate };
        foreach (var option in CommonOptions.All)
        {
            command.Options.Add(option);
        }

        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        using var work = new WorkDirectory(arguments.GetValue(CommonOptions.Directory));
        var server = await ServerProgram.CreateAsync(
            arguments.GetValue(CommonOptions.Server), arguments.GetValue(CommonOptions.Set)!, cancellationToken);
        Console.WriteLine($"{Machine.Describe()}, load average {Machine.LoadAverage():0.0}");
        var sizes = new List<Size>();
        foreach (var count in arguments.GetValue(Counts)!)
        {
            sizes.Add(await MeasureAsync(arguments, server, work, count, cancellationToken));
        }

        Print(sizes);
        if (arguments.GetValue(CommonOptions.Json) is { } file)
        {
            JsonReport.Write(file, new { Machine = Machine.Describe(), Sizes = sizes });
        }

        return sizes.TrueForAll(s => s.Full.Errors + s.Moderate.Errors == 0) ? 0 : 1;
    }

    private static async Task<Size> MeasureAsync(
        ParseResult arguments, ServerProgram program, WorkDirectory work, int count, CancellationToken cancellationToken)
    {
        var data = work.New("data");
        await Console.Error.WriteLineAsync($"{count} instances: filling ...");
        var started = Stopwatch.GetTimestamp();
        await StoreFiller.FillAsync(data, count, cancellationToken);
        var fill = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var bytes = Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);

        started = Stopwatch.GetTimestamp();
        await using var server = await program.StartAsync(data, work.Path, cancellationToken);
        var ready = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var (rss, _) = server.Process.Memory();

        var call = new HttpCall("GET", MetaServer.Path("get_instance", "instance_id=s{random}"));
        var wrk = new Wrk(work.Path);
        var duration = TimeSpan.FromSeconds(arguments.GetValue(CommonOptions.Seconds));
        var warmUp = TimeSpan.FromSeconds(arguments.GetValue(CommonOptions.WarmUp));
        if (warmUp > TimeSpan.Zero)
        {
            await LoadAsync(0, warmUp, cancellationToken);
        }

        var (full, _) = await Measurement.TakeAsync(server.Process, token => LoadAsync(0, duration, token), cancellationToken);
        var (moderate, _) = await Measurement.TakeAsync(
            server.Process, token => LoadAsync(arguments.GetValue(Rate), duration, token), cancellationToken);
        var size = new Size(count, bytes / 1048576.0, fill, ready, rss, full, moderate);
        await server.DisposeAsync();
        Directory.Delete(data, recursive: true); // The next size may need the room.
        return size;

        Task<LoadResult> LoadAsync(double rate, TimeSpan length, CancellationToken token) => wrk.RunAsync(
            server.Address, new HttpLoad([call], count, PerSecond: rate), new LoadShape(Connections, length, "scale000"), token);
    }

    private static void Print(List<Size> sizes)
    {
        var table = new TextTable(
            "instances", "store MiB", "fill s", "ready s", "RSS MiB", "after load", "req/s", "p50 ms", "p99 ms", "ratio of p99",
            "moderate/s", "p50 ms", "p99 ms", "ratio of p99", "errors", "others %");
        foreach (var size in sizes)
        {
            table.Add(
                size.Instances.ToString("#,0", CultureInfo.InvariantCulture),
                Number(size.StoreMiB),
                Number(size.FillSeconds),
                Number(size.ReadySeconds),
                Number(size.RssAtStart),
                Number(size.Moderate.Rss),
                Number(size.Full.PerSecond),
                Number(size.Full.P50),
                Number(size.Full.P99),
                Number(size.Full.P99 / sizes[0].Full.P99),
                Number(size.Moderate.PerSecond),
                Number(size.Moderate.P50),
                Number(size.Moderate.P99),
                Number(size.Moderate.P99 / sizes[0].Moderate.P99),
                Number(size.Full.Errors + size.Moderate.Errors),
                Number(Math.Round(size.Full.Others)));
        }

        Console.WriteLine();
        Console.Write(table);
    }
}
