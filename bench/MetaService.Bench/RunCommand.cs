using System.CommandLine;
using MetaService.Bench.Load;
using MetaService.Bench.Processes;
using MetaService.Bench.Report;
using MetaService.Bench.Targets;
using MetaService.Bench.Workloads;

namespace MetaService.Bench;

/// <summary>The command without a name: every workload at every number of connections.</summary>
internal static class RunCommand
{
    private static readonly Option<int[]> Connections = CommonOptions.Numbers("--connections", "Requests under way at a time.", 1, 32, 256);

    private static readonly Option<string?> Only = new("--only") { Description = "Workloads to run, separated by commas. Default: all." };

    private static readonly Option<string?> EtcdProgram = new("--etcd")
    {
        Description = "The program etcd. Default: the one in PATH, or that of Debian's package, fetched with apt-get.",
    };

    public static void AddTo(Command command)
    {
        foreach (var option in new Option[] { Connections, CommonOptions.Runs, Only, EtcdProgram }.Concat(CommonOptions.All))
        {
            command.Options.Add(option);
        }

        command.SetAction(RunAsync);
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        using var work = new WorkDirectory(arguments.GetValue(CommonOptions.Directory));
        var etcd = new Lazy<Task<string>>(
            () => arguments.GetValue(EtcdProgram) is { } given ? Task.FromResult(Path.GetFullPath(given)) : Etcd.FindAsync(cancellationToken));
        var workloads = Chosen(Catalogue.All(new BenchContext(work.Path, new Wrk(work.Path), () => etcd.Value)), arguments.GetValue(Only));
        var server = await ServerProgram.CreateAsync(
            arguments.GetValue(CommonOptions.Server), arguments.GetValue(CommonOptions.Set)!, cancellationToken);
        var plan = new WorkloadRun(
            server,
            work,
            arguments.GetValue(Connections)!,
            arguments.GetValue(CommonOptions.Runs),
            TimeSpan.FromSeconds(arguments.GetValue(CommonOptions.Seconds)),
            TimeSpan.FromSeconds(arguments.GetValue(CommonOptions.WarmUp)));

        Console.WriteLine($"{Machine.Describe()}, load average {Machine.LoadAverage():0.0}");
        var rows = new List<Row>();
        foreach (var workload in workloads)
        {
            rows.AddRange(await plan.RunAsync(workload, cancellationToken));
        }

        Console.WriteLine();
        Console.Write(ResultTable.Print(rows));
        foreach (var row in rows.Where(row => !row.IsSound))
        {
            Console.WriteLine($"(!) {row.Workload} at {row.Connections}: {string.Join("; ", [$"{row.Errors:0} errors", .. row.Defects])}");
        }

        if (arguments.GetValue(CommonOptions.Json) is { } file)
        {
            JsonReport.Write(file, plan.Settings, rows);
        }

        return rows.TrueForAll(row => row.IsSound) ? 0 : 1;
    }

    private static List<Workload> Chosen(IReadOnlyList<Workload> all, string? names)
    {
        var wanted = names?.Split(',') ?? [.. all.Select(w => w.Name)];
        var unknown = wanted.Except(all.Select(w => w.Name)).ToList();
        return unknown.Count == 0
            ? [.. all.Where(w => wanted.Contains(w.Name))]
            : throw new BenchException($"--only: {string.Join(", ", unknown)}: there are {string.Join(", ", all.Select(w => w.Name))}");
    }
}
