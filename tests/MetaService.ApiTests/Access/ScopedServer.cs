
namespace MetaService.ApiTests.Access;

/// <summary>A server with a token for each scope; over gRPC loopback is not let in without one.</summary>
public sealed class ScopedServer : IAsyncLifetime
{
    /// <summary>Each token, by the scopes that it has.</summary>
    public static readonly IReadOnlyDictionary<string, string> Tokens =
        new[] { "read", "operate", "secrets", "raw", "read,operate,raw", "all" }.ToDictionary(scopes => scopes, scopes => $"token-with-{scopes}-0123456789");

    public InProcessServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await InProcessServer.StartAsync(configure: options =>
    {
        foreach (var (scopes, token) in Tokens)
        {
            var names = scopes == "all" ? ["read", "operate", "secrets", "raw"] : scopes.Split(',');
            options.Access.Tokens.Add(TestTokens.Entry(NameOf(scopes), token, names));
        }

        options.Rpc.AllowedNetworks.Add("10.0.0.0/8");
    });

    public async Task DisposeAsync() => await Server.DisposeAsync();

    /// <summary>Calls with the token of scopes.</summary>
    public ApiClient With(string scopes) => Server.With(Tokens[scopes]);

    /// <summary>The name of a token.</summary>
    public static string NameOf(string scopes) => scopes.Replace(",", "-", StringComparison.Ordinal);
}
