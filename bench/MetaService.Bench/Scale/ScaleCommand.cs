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

    /// <summary>A running server of one size and its figures.</summary>
    /// <param name="FillSeconds">Time to write the store, which no server did.</param>
    /// <param name="ReadySeconds">From the start of the process until /health/ready answers 200.</param>
    /// <param name="RssAtStart">Resident memory when it is ready, in MiB.</param>
    private sealed record Size(int Instances, double StoreMiB, double FillSeconds, double ReadySeconds, double RssAtStart)
    {
        /// <summary>As fast as replies come, on random instances; one for each run.</summary>
        public List<Measurement> Full { get; } = [];

        /// <summary>At the moderate rate, on random instances; one for each run.</summary>
        public List<Measurement> Moderate { get; } = [];
    }

    public static Command Create()
    {
        var command = new Command("scale", "Fill stores with more and more instances and read random ones at 32 connections.")
        {
            Counts, Rate, CommonOptions.Runs,
        };
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
        var program = await ServerProgram.CreateAsync(
            arguments.GetValue(CommonOptions.Server), arguments.GetValue(CommonOptions.Set)!, cancellationToken);
        Console.WriteLine($"{Machine.Describe()}, load average {Machine.LoadAverage():0.0}");
        var servers = new List<(Size Size, MetaServer Server)>();
        try
        {
            foreach (var count in arguments.GetValue(Counts)!)
            {
                servers.Add(await StartAsync(program, work, count, cancellationToken));
            }

            await MeasureAsync(arguments, work, servers, cancellationToken);
        }
        finally
        {
            foreach (var (_, server) in servers)
            {
                await server.DisposeAsync();
            }
        }

        var sizes = servers.ConvertAll(s => s.Size);
        Print(sizes);
        if (arguments.GetValue(CommonOptions.Json) is { } file)
        {
            JsonReport.Write(file, new { Machine = Machine.Describe(), Sizes = sizes });
        }

        return sizes.SelectMany(s => s.Full.Concat(s.Moderate)).All(m => m.Errors == 0) ? 0 : 1;
    }

    private static async Task<(Size Size, MetaServer Server)> StartAsync(
        ServerProgram program, WorkDirectory work, int count, CancellationToken cancellationToken)
    {
        var data = work.New("data");
        await Console.Error.WriteLineAsync($"{count} instances: filling ...");
        var started = Stopwatch.GetTimestamp();
        await StoreFiller.FillAsync(data, count, cancellationToken);
        var fill = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var bytes = Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);

        started = Stopwatch.GetTimestamp();
        var server = await program.StartAsync(data, work.Path, cancellationToken);
        var ready = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var (rss, _) = server.Process.Memory();
        return (new Size(count, bytes / 1048576.0, fill, ready, rss), server);
    }

    /// <summary>Measures the sizes in turn, so that all of them see the same machine.</summary>
    private static async Task MeasureAsync(
        ParseResult arguments, WorkDirectory work, List<(Size Size, MetaServer Server)> servers, CancellationToken cancellationToken)
    {
        var call = new HttpCall("GET", MetaServer.Path("get_instance", "instance_id=s{random}"));
        var wrk = new Wrk(work.Path);
        var duration = TimeSpan.FromSeconds(arguments.GetValue(CommonOptions.Seconds));
        var warmUp = TimeSpan.FromSeconds(arguments.GetValue(CommonOptions.WarmUp));
        foreach (var (size, server) in servers.Where(_ => warmUp > TimeSpan.Zero))
        {
            await LoadAsync(size, server, 0, warmUp, cancellationToken);
        }

        for (var run = 1; run <= arguments.GetValue(CommonOptions.Runs); run++)
        {
            await Console.Error.WriteLineAsync($"run {run} ...");
            foreach (var (size, server) in servers)
            {
                size.Full.Add(await TakeAsync(size, server, 0));
            }

            foreach (var (size, server) in servers)
            {
                size.Moderate.Add(await TakeAsync(size, server, arguments.GetValue(Rate)));
            }
        }

        async Task<Measurement> TakeAsync(Size size, MetaServer server, double rate)
        {
            var (measured, _) = await Measurement.TakeAsync(
                server.Process, token => LoadAsync(size, server, rate, duration, token), cancellationToken);
            return measured;
        }

        Task<LoadResult> LoadAsync(Size size, MetaServer server, double rate, TimeSpan length, CancellationToken token) => wrk.RunAsync(
            server.Address, new HttpLoad([call], size.Instances, PerSecond: rate), new LoadShape(Connections, length, "scale000"), token);
    }

    private static void Print(List<Size> sizes)
    {
        var table = new TextTable(
            "instances", "store MiB", "fill s", "ready s", "RSS MiB", "after load", "req/s", "p50 ms", "p99 ms", "ratio of p99",
            "moderate/s", "p50 ms", "p99 ms", "ratio of p99", "errors", "others %");
        foreach (var size in sizes)
        {
            var (full, moderate) = (Measurement.Of(size.Full, Statistics.Median), Measurement.Of(size.Moderate, Statistics.Median));
            table.Add(
                size.Instances.ToString("#,0", CultureInfo.InvariantCulture),
                Number(size.StoreMiB),
                Number(size.FillSeconds),
                Number(size.ReadySeconds),
                Number(size.RssAtStart),
                Number(size.Moderate[^1].Rss),
                Number(full.PerSecond),
                Number(full.P50),
                Number(full.P99),
                Number(RatioOfP99(size.Full, sizes[0].Full)),
                Number(moderate.PerSecond),
                Number(moderate.P50),
                Number(moderate.P99),
                Number(RatioOfP99(size.Moderate, sizes[0].Moderate)),
                Number(full.Errors + moderate.Errors),
                Number(Math.Round(full.Others)));
        }

        Console.WriteLine();
        Console.Write(table);
    }

    private static double RatioOfP99(List<Measurement> runs, List<Measurement> smallest) =>
        Statistics.Median(runs.Zip(smallest, (run, least) => run.P99 / least.P99));
}
