using System.Net;
using MetaService.Domain.Clusters;
using MetaService.Domain.Housekeeping;
using MetaService.Domain.Stages;
using MetaService.Domain.Txns;
using MetaService.Security;
using MetaService.Storage;
using MetaService.Storage.FoundationDb;

namespace MetaService.Server.Settings;

/// <summary>
/// Everything that can be set, from <c>appsettings.json</c>, environment variables <c>METASERVICE__NAME</c> and the command line, the
/// later winning over the earlier.
/// </summary>
public sealed class ServerOptions
{
    /// <summary>The token of the API document; accepted only while every listener is on loopback.</summary>
    public const string DocumentToken = "greedisgood9999";

    /// <summary>Addresses to listen on, <c>HOST:PORT</c>, several separated by commas.</summary>
    public string Listen { get; set; } = "127.0.0.1:5000";

    /// <summary>Further addresses that speak gRPC only; every address of <see cref="Listen"/> speaks it too.</summary>
    public string RpcListen { get; set; } = "";

    /// <summary>Directory of the embedded store.</summary>
    public string Data { get; set; } = "./data";

    /// <summary>Which store to use: <c>rocksdb</c>, <c>memory</c> or <c>foundationdb</c>.</summary>
    public string Store { get; set; } = "rocksdb";

    /// <summary>The cluster of the <c>foundationdb</c> store.</summary>
    public FoundationDbKvStoreOptions FoundationDb { get; init; } = new();

    /// <summary>How long and how often a transaction is tried, on any store.</summary>
    public TransactionRunnerOptions Transactions { get; init; } = new();

    /// <summary>Tokens in clear that allow everything; several while one is being replaced by another.</summary>
    public IList<string> Tokens { get; init; } = [];

    /// <summary>One more of them, for settings that cannot hold a list.</summary>
    public string? Token { get; set; }

    /// <summary>Named tokens, hashed.</summary>
    public AccessOptions Access { get; init; } = new();

    /// <summary>Calls over gRPC without a token.</summary>
    public RpcOptions Rpc { get; init; } = new();

    /// <summary>Encryption of the listeners.</summary>
    public TlsOptions Tls { get; init; } = new();

    /// <summary>What clients may ask for.</summary>
    public LimitOptions Limits { get; init; } = new();

    /// <summary>How often tokens and certificates are looked at for changes.</summary>
    public TimeSpan ReloadInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Cluster operations.</summary>
    public ClusterOptions Clusters { get; init; } = new();

    /// <summary>Load transactions.</summary>
    public TxnOptions Txns { get; init; } = new();

    /// <summary>Stages of instances.</summary>
    public StageOptions Stages { get; init; } = new();

    /// <summary>How ak and sk are sealed in the store, and the keys for it.</summary>
    public SecretOptions Secrets { get; init; } = new();

    /// <summary>The background work that keeps records in step with time.</summary>
    public HousekeepingOptions Housekeeping { get; init; } = new();

    /// <summary>The user and password that cloud_cluster_status asks for.</summary>
    public StatusOptions Status { get; init; } = new();

    /// <summary>Base address of the FE of each instance, by instance id; cloud_cluster_status is passed on to it.</summary>
    public IDictionary<string, string> Frontends { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Longest time that a stop waits for requests under way, in seconds.</summary>
    public int ShutdownSeconds { get; set; } = 20;

    /// <summary>Lowest level of log events: Debug, Information, Warning, Error.</summary>
    public string LogLevel { get; set; } = "Information";

    /// <summary>Whether each request writes a line to the log.</summary>
    public bool LogRequests { get; set; } = true;

    /// <summary>The parsed form of <see cref="Listen"/>.</summary>
    /// <exception cref="SettingsException">An address is malformed.</exception>
    public IReadOnlyList<IPEndPoint> Endpoints() => ParseEndpoints("--listen", Listen);

    /// <summary>The parsed form of <see cref="RpcListen"/>.</summary>
    /// <exception cref="SettingsException">An address is malformed.</exception>
    public IReadOnlyList<IPEndPoint> RpcEndpoints() => ParseEndpoints("--rpc-listen", RpcListen);

    /// <summary>Whether only this machine can connect.</summary>
    public bool IsLoopbackOnly() => Endpoints().Concat(RpcEndpoints()).All(e => IPAddress.IsLoopback(e.Address));

    private static List<IPEndPoint> ParseEndpoints(string option, string text) =>
    [
        .. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(part => ParseEndpoint(option, part)),
    ];

    private static IPEndPoint ParseEndpoint(string option, string text)
    {
        var colon = text.LastIndexOf(':');
        var host = colon > 0 ? text[..colon].Trim('[', ']') : "";
        if (colon <= 0 || !ushort.TryParse(text[(colon + 1)..], out var port))
        {
            throw new SettingsException($"{option}: '{text}' is not HOST:PORT, e.g. 127.0.0.1:5000");
        }

        var address = host switch
        {
            "localhost" => IPAddress.Loopback,
            "*" => IPAddress.IPv6Any,
            _ => IPAddress.TryParse(host, out var parsed)
                ? parsed
                : throw new SettingsException($"{option}: '{host}' is not an IP address, localhost or *"),
        };
        return new IPEndPoint(address, port);
    }
}

/// <summary>HTTP basic credentials of cloud_cluster_status.</summary>
public sealed class StatusOptions
{
    public string User { get; set; } = "root";

    public string Password { get; set; } = "";
}

/// <summary>A setting that the server cannot start with; the message says what to do.</summary>
public sealed class SettingsException(string message) : Exception(message);
