using MetaService.Bench.Processes;

namespace MetaService.Bench.Targets;

/// <summary>The published server, and how to start it.</summary>
internal sealed class ServerProgram
{
    private static readonly TimeSpan NoLimit = Timeout.InfiniteTimeSpan;

    private readonly string _program;
    private readonly Dictionary<string, string> _settings;

    private ServerProgram(string program, Dictionary<string, string> settings)
    {
        _program = program;
        _settings = settings;
    }

    /// <summary>Publishes the server as docs/operations.md says, unless a directory with a published one is given.</summary>
    /// <param name="settings">Settings to give it, as <c>NAME=VALUE</c>, the name without METASERVICE__.</param>
    public static async Task<ServerProgram> CreateAsync(
        string? published, IEnumerable<string> settings, CancellationToken cancellationToken)
    {
        var variables = settings.Select(s => s.Split('=', 2)).ToDictionary(
            s => $"METASERVICE__{s[0].ToUpperInvariant()}", s => s.Length == 2 ? s[1] : throw new BenchException($"--set {s[0]}: NAME=VALUE"));
        published ??= await PublishAsync(cancellationToken);
        var program = Path.Combine(Path.GetFullPath(published), "metaservice.dll");
        return File.Exists(program) ? new ServerProgram(program, variables) : throw new BenchException($"there is no {program}");
    }

    /// <summary>Starts it on a data directory and waits until it is ready.</summary>
    public async Task<MetaServer> StartAsync(string data, string directory, CancellationToken cancellationToken)
    {
        var address = new Uri($"http://127.0.0.1:{Machine.FreePort()}");
        // The log goes to /dev/null: written, but not kept.
        var process = ChildProcess.Start(
            [Environment.ProcessPath!, _program, "serve", "--listen", address.Authority, "--data", data], directory, _settings);
        var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 64 }) { BaseAddress = address, Timeout = NoLimit };
        try
        {
            await process.WaitUntilReadyAsync(http, new Uri(address, "/health/ready"), cancellationToken);
            return new MetaServer(process, address, http);
        }
        catch
        {
            http.Dispose();
            await process.DisposeAsync();
            throw;
        }
    }

    private static async Task<string> PublishAsync(CancellationToken cancellationToken)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "MetaService.sln")))
        {
            root = root.Parent ?? throw new BenchException("the sources are not above this program; use --server DIR");
        }

        // In a place of its own, so that what other builds left in obj/ is not disturbed.
        var artifacts = Path.Combine(root.FullName, "artifacts", "bench");
        var output = Path.Combine(artifacts, "server");
        Console.Error.WriteLine("publishing the server ...");
        await Tool.RunAsync(
            [
                Environment.ProcessPath!, "publish", "src/MetaService.Server", "-c", "Release", "-r", Rid(), "--self-contained", "false",
                "--artifacts-path", artifacts, "-o", output, "-nologo", "-v", "quiet",
            ],
            root.FullName,
            cancellationToken);
        return output;
    }

    private static string Rid() => System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier switch
    {
        var rid when rid.EndsWith("arm64", StringComparison.Ordinal) => "linux-arm64",
        _ => "linux-x64",
    };
}
