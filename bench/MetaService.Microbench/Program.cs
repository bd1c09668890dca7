using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using MetaService.Microbench;

// In this process: what is measured is the code as it was built here, and no project has to be generated for it.
var results = Directory.CreateTempSubdirectory("metaservice-microbench-").FullName;
try
{
    var config = ManualConfig.CreateEmpty()
        .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddLogger(ConsoleLogger.Default)
        .AddExporter(MarkdownExporter.GitHub)
        .WithArtifactsPath(results)
        .WithOptions(ConfigOptions.JoinSummary);
    BenchmarkSwitcher.FromTypes([typeof(KeyBenchmarks), typeof(JsonBenchmarks), typeof(StoreBenchmarks)])
        .Run(args.Length > 0 ? args : ["--filter", "*"], config);
}
finally
{
    Directory.Delete(results, recursive: true);
}
