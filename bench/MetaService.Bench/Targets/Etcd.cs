using MetaService.Bench.Load;
using MetaService.Bench.Processes;

namespace MetaService.Bench.Targets;

/// <summary>etcd with one member: like ours it syncs a change to disk before it is acknowledged.</summary>
internal sealed class Etcd(ChildProcess process, Uri address, HttpClient http) : ITarget
{
    public Uri Address => address;

    public ChildProcess Process => process;

    /// <summary>Finds the program, or gets Debian's package and unpacks it in a directory that is kept.</summary>
    /// <exception cref="BenchException">There is none.</exception>
    public static async Task<string> FindAsync(CancellationToken cancellationToken)
    {
        var cache = Path.Combine(Path.GetTempPath(), "metaservice-bench-etcd");
        var unpacked = Path.Combine(cache, "usr", "bin", "etcd");
        if (Tool.Find("etcd") is { } program)
        {
            return program;
        }

        if (!File.Exists(unpacked))
        {
            Console.Error.WriteLine($"fetching etcd into {cache} ...");
            Directory.CreateDirectory(cache);
            await Tool.RunAsync(["apt-get", "download", "etcd-server"], cache, cancellationToken);
            await Tool.RunAsync(["dpkg", "-x", Directory.GetFiles(cache, "etcd-server*.deb").Single(), cache], cache, cancellationToken);
        }

        return unpacked;
    }

    /// <summary>Starts one on an empty directory.</summary>
    public static async Task<Etcd> StartAsync(string program, string directory, CancellationToken cancellationToken)
    {
        var address = new Uri($"http://127.0.0.1:{Machine.FreePort()}");
        var peers = $"http://127.0.0.1:{Machine.FreePort()}";
        var process = ChildProcess.Start(
            [
                program, "--data-dir", Path.Combine(directory, "data"), "--log-level", "error",
                "--listen-client-urls", address.GetLeftPart(UriPartial.Authority),
                "--advertise-client-urls", address.GetLeftPart(UriPartial.Authority),
                "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", $"default={peers}",
            ],
            directory);
        var http = new HttpClient();
        try
        {
            await process.WaitUntilReadyAsync(http, new Uri(address, "/health"), cancellationToken);
            return new Etcd(process, address, http);
        }
        catch
        {
            http.Dispose();
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Puts of new keys with values of a length.</summary>
    public static HttpLoad Put(int length) =>
        // Any letters and digits, a multiple of four of them, are base64, so that keys need not be encoded.
        new([new HttpCall("POST", "/v3/kv/put", $$"""{"key": "{run}{t}{n}", "value": "{{Value(length)}}"}""")]);

    /// <summary>Transactions that write new keys with values of these lengths, on the condition that the first is not there.</summary>
    public static HttpLoad Transaction(IReadOnlyList<int> lengths)
    {
        var puts = lengths.Select((length, i) => $$$"""{"request_put": {"key": "{{{Key(i)}}}", "value": "{{{Value(length)}}}"}}""");
        var compare = $$"""{"key": "{{Key(0)}}", "target": "CREATE", "create_revision": "0"}""";
        return new HttpLoad([new HttpCall(
            "POST", "/v3/kv/txn", $$"""{"compare": [{{compare}}], "success": [{{string.Join(", ", puts)}}]}""")]);
    }

    private static string Key(int index) => $"key{index}{{run}}{{t}}{{n}}";

    private static string Value(int length) => Convert.ToBase64String(Enumerable.Range(0, length).Select(i => (byte)(i * 31)).ToArray());

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await process.DisposeAsync();
    }
}
