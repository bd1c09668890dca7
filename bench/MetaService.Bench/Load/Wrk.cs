using System.Globalization;
using System.Text;
using MetaService.Bench.Processes;

namespace MetaService.Bench.Load;

/// <summary>Loads over HTTP/1.1, each connection kept and used for one request after the other.</summary>
/// <param name="directory">Where scripts go.</param>
internal sealed class Wrk(string directory)
{
    private const int Threads = 2;

    private static readonly string Program = Tool.Find("wrk") ?? throw new BenchException("wrk is not in PATH: apt-get install wrk");
    private static readonly string Script = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "wrk.lua"));

    public async Task<LoadResult> RunAsync(Uri target, HttpLoad load, LoadShape shape, CancellationToken cancellationToken)
    {
        var threads = Math.Min(Threads, shape.Connections);
        var path = Path.Combine(directory, $"{shape.Tag}-{Path.GetRandomFileName()}.lua");
        await File.WriteAllTextAsync(path, Config(load, shape, threads) + Script, cancellationToken);
        var seconds = shape.Duration.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
        var (output, cpu) = await Tool.RunAsync(
            [Program, $"-t{threads}", $"-c{shape.Connections}", $"-d{seconds}s", "--timeout", "30s", "-s", path, target.ToString()],
            directory,
            cancellationToken);
        return Parse(output, cpu);
    }

    private static LoadResult Parse(string output, TimeSpan cpu)
    {
        var line = output.Split('\n').SingleOrDefault(l => l.StartsWith("RESULT ", StringComparison.Ordinal))
            ?? throw new BenchException($"wrk gave no result:\n{output}");
        var numbers = line.Split(' ').Skip(1).Select(n => double.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        return numbers is [var requests, var microseconds, var bad, var broken, var p50, var p99, var p999, var max]
            ? new LoadResult((long)requests, microseconds / 1e6, (long)bad, (long)broken, p50, p99, p999, max, cpu)
            : throw new BenchException($"wrk gave another result than asked for: {line}");
    }

    private static string Config(HttpLoad load, LoadShape shape, int threads)
    {
        var pause = load.PerSecond == 0 ? 0 : shape.Connections / load.PerSecond * 1e3;
        var config = new StringBuilder();
        config.Append(CultureInfo.InvariantCulture, $"config = {{ run = {Quoted(shape.Tag)}, threads = {threads}, ");
        config.Append(CultureInfo.InvariantCulture, $"pool = {load.Pool}, block = {load.Block}, pause = {pause:0.###}, calls = {{\n");
        foreach (var call in load.Calls)
        {
            config.Append(CultureInfo.InvariantCulture, $"  {{ weight = {call.Weight}, method = {Quoted(call.Method)}, ");
            config.Append(CultureInfo.InvariantCulture, $"path = {Quoted(call.Path)}, body = {Quoted(call.Body)} }},\n");
        }

        return config.Append("} }\n").ToString();
    }

    private static string Quoted(string? text) => text is null
        ? "nil"
        : $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";
}
