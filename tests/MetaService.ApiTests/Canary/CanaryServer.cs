using System.Security.Cryptography;
using System.Text;
using Grpc.Net.Client;

namespace MetaService.ApiTests.Canary;

/// <summary>A server process that is watched: its log, its emissions, its replies and in the end its files.</summary>
public sealed class CanaryServer : IAsyncDisposable
{
    private readonly TemporaryDirectory _root = new();
    private readonly string _logLevel;
    private ServerProcess? _process;
    private GrpcChannel? _channel;

    public CanaryServer(string logLevel)
    {
        _logLevel = logLevel;
        Watch = new CanaryWatch(Book);
        AllToken = Book.New(CanaryKind.Token, "the token that may do everything");
        MaskedToken = Book.New(CanaryKind.Token, "the token without the scope secrets");
        ReadToken = Book.New(CanaryKind.Token, "the token with the scope read");
        NoToken = Book.New(CanaryKind.Token, "the token with the scope secrets alone");
    }

    public CanaryBook Book { get; } = new();

    public CanaryWatch Watch { get; }

    public CanaryCalls Calls { get; } = new();

    public string AllToken { get; }

    public string MaskedToken { get; }

    public string ReadToken { get; }

    /// <summary>A token that no endpoint and no RPC is open to.</summary>
    public string NoToken { get; }

    public string Data => Path.Combine(_root.Path, "data");

    public string Emissions => Path.Combine(_root.Path, "emissions.txt");

    /// <summary>A directory for what else is written.</summary>
    public string Other(string name) => Path.Combine(_root.Path, name);

    /// <summary>May do everything and sees secrets.</summary>
    public ApiClient All => Client(AllToken, showsSecrets: true);

    /// <summary>May do everything and sees no secrets.</summary>
    public ApiClient Masked => Client(MaskedToken, showsSecrets: false);

    public CanaryGrpc Grpc => new(_channel ??= GrpcChannel.ForAddress(Address), Watch, Calls);

    public ServerProcess Process => _process ?? throw new InvalidOperationException("the server is not started");

    private Uri Address => Process.Http.BaseAddress!;

    public ApiClient Client(string token, bool showsSecrets) => new(Http(showsSecrets), token);

    /// <summary>Starts it, for the first time or again.</summary>
    public async Task StartAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _process = await ServerProcess.StartAsync(Data, AllToken, onDirectory: true, Settings());
    }

    /// <summary>Stops it and searches what it has written.</summary>
    public async Task StopAsync()
    {
        _channel?.Dispose();
        _channel = null;
        (await Process.TerminateAsync()).Should().Be(0);
        foreach (var line in Process.Log)
        {
            Watch.SeeLog(line);
        }

        foreach (var line in await File.ReadAllLinesAsync(Emissions))
        {
            var (channel, text) = (line[..line.IndexOf(' ', StringComparison.Ordinal)], line[line.IndexOf(' ', StringComparison.Ordinal)..]);
            Watch.See(Enum.Parse<CanaryChannel>(channel), "the process", text);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _root.Dispose();
    }

    private (string Name, string Value)[] Settings() =>
    [
        ("LOGLEVEL", _logLevel),
        ("SECRETS__RELOADINTERVAL", "00:00:00.050"),
        ("RPC__ALLOWEDNETWORKS__0", "10.0.0.0/8"),
        ("DOTNET_STARTUP_HOOKS", typeof(StartupHook).Assembly.Location),
        (StartupHook.FileVariable, Emissions),
        .. Entry(0, "masked", MaskedToken, "read", "operate", "raw"),
        .. Entry(1, "reader", ReadToken, "read"),
        .. Entry(2, "nothing", NoToken, "secrets"),
    ];

    private HttpClient Http(bool showsSecrets) => new(new CanaryHandler(Watch, Calls, showsSecrets)) { BaseAddress = Address };

    private static IEnumerable<(string Name, string Value)> Entry(int index, string name, string token, params string[] scopes) =>
    [
        ($"ACCESS__TOKENS__{index}__NAME", name),
        ($"ACCESS__TOKENS__{index}__SHA256", Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)))),
        .. scopes.Select((scope, i) => ($"ACCESS__TOKENS__{index}__SCOPES__{i}", scope)),
    ];
}
