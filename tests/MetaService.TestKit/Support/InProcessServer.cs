using MetaService.Domain.Secrets;
using MetaService.Server.Hosting;
using MetaService.Server.Settings;
using MetaService.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace MetaService.TestKit.Support;

/// <summary>The real server on a free loopback port, inside the test process.</summary>
public sealed class InProcessServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TemporaryDirectory? _data;
    private readonly string? _prefix;

    private InProcessServer(WebApplication app, TemporaryDirectory? data, string? prefix)
    {
        _app = app;
        _data = data;
        _prefix = prefix;
        // The same port is listed once more for gRPC, with a note that makes it no address.
        Address = app.Urls.Select(url => Uri.TryCreate(url, UriKind.Absolute, out var address) ? address : null)
            .OfType<Uri>().First();
        RpcAddress = new Uri(app.Urls.Last().Split(' ')[0]);
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Address };
        Api = new ApiClient(Http, ServerOptions.DocumentToken);
    }

    /// <summary>Where it listens, such as <c>http://127.0.0.1:40123</c>.</summary>
    public Uri Address { get; }

    /// <summary>The last address for gRPC: that of its own, if it has one.</summary>
    public Uri RpcAddress { get; }

    public HttpClient Http { get; }

    /// <summary>
    /// Calls with the document's token; a server with tokens of its own needs an <see cref="ApiClient"/> of its own.
    /// </summary>
    public ApiClient Api { get; }

    /// <summary>The store that the server works on.</summary>
    public IKvStore Store => _app.Services.GetRequiredService<IKvStore>();

    /// <summary>A part of the server.</summary>
    public T Service<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Calls with another token.</summary>
    public ApiClient With(string token) => new(Http, token);

    /// <summary>What opens and seals the secrets of the store.</summary>
    public SealedRecords Secrets => _app.Services.GetRequiredService<SealedRecords>();

    /// <summary>The paths that it answers, such as <c>/MetaService/http/v1/get_cluster</c>.</summary>
    public IEnumerable<string> RoutePatterns => _app.Services.GetRequiredService<EndpointDataSource>().Endpoints
        .OfType<RouteEndpoint>().Select(endpoint => endpoint.RoutePattern.RawText).OfType<string>();

    /// <param name="store">
    /// <c>memory</c> or <c>rocksdb</c>, the latter in a directory that goes with the server; a cluster under test stands in for
    /// both.
    /// </param>
    /// <param name="configure">Changes the settings before the start.</param>
    public static async Task<InProcessServer> StartAsync(string store = "memory", Action<ServerOptions>? configure = null)
    {
        var options = Options();
        var data = store == "rocksdb" && TestCluster.ClusterFile is null ? new TemporaryDirectory() : null;
        var prefix = TestCluster.ClusterFile is null ? null : TestCluster.NewPrefix();
        if (prefix is null)
        {
            options.Store = store;
            options.Data = data?.Path ?? "";
        }
        else
        {
            TestCluster.Use(options, prefix);
        }

        configure?.Invoke(options);
        return await StartAsync(ServerHost.Build(options), data, prefix);
    }

    /// <summary>
    /// A server on a store that a test brings, which the server then owns. A cluster under test does not stand in for it.
    /// </summary>
    /// <param name="time">The server's clock; the system's unless given.</param>
    /// <param name="log">Where its log goes; standard output unless given.</param>
    public static async Task<InProcessServer> StartOnAsync(
        IKvStore store, Action<ServerOptions>? configure = null, TimeProvider? time = null, Stream? log = null)
    {
        var options = Options();
        configure?.Invoke(options);
        return await StartAsync(ServerHost.Build(options, () => Task.FromResult(store), time, log), data: null, prefix: null);
    }

    /// <summary>Several servers on one store.</summary>
    /// <param name="configure">Changes the settings of each before the start, given its number from 0.</param>
    public static async Task<IReadOnlyList<InProcessServer>> StartManyAsync(
        int count, Action<int, ServerOptions>? configure = null)
    {
        var servers = new List<InProcessServer>();
        var prefix = TestCluster.ClusterFile is null ? null : TestCluster.NewPrefix();
        var memory = prefix is null ? new InMemoryKvStore(TimeProvider.System) : null;
        for (var i = 0; i < count; i++)
        {
            var options = Options();
            if (prefix is not null)
            {
                TestCluster.Use(options, prefix);
            }

            configure?.Invoke(i, options);
            var app = ServerHost.Build(options, memory is null ? null : () => Task.FromResult<IKvStore>(new SharedStore(memory)));
            servers.Add(await StartAsync(app, data: null, prefix));
        }

        return servers;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _data?.Dispose();
        if (_prefix is not null)
        {
            await TestCluster.ClearAsync(_prefix);
        }
    }

    private static ServerOptions Options() => new()
    {
        Listen = "127.0.0.1:0",
        LogRequests = false,
        LogLevel = "Error",
        ShutdownSeconds = 1,
        Secrets = { Keys = TestSecrets.Keys },
    };

    private static async Task<InProcessServer> StartAsync(WebApplication app, TemporaryDirectory? data, string? prefix)
    {
        await app.StartAsync();
        return new InProcessServer(app, data, prefix);
    }
}
