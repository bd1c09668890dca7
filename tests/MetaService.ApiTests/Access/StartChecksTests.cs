using MetaService.Server.Access;
using MetaService.Server.Hosting;
using MetaService.Server.Settings;

namespace MetaService.ApiTests.Access;

/// <summary>Which settings a server does not start with, and what it says to do.</summary>
public sealed class StartChecksTests
{
    private const string Everywhere = "0.0.0.0:0";
    private const string Own = "a-token-of-my-own";

    /// <summary>Each with what is wrong and part of what is said.</summary>
    public static TheoryData<string, string, Action<ServerOptions>> Refused => new()
    {
        { "no token", "METASERVICE__TOKEN", o => o.Listen = Everywhere },
        { "no token", "METASERVICE__RPC__ALLOWEDNETWORKS__0", o => o.Listen = Everywhere },
        { "no token on the address for gRPC", "METASERVICE__TOKEN", o => o.RpcListen = "[::]:0" },
        { "the known token", "well-known token", o => (o.Listen, o.Token) = (Everywhere, ServerOptions.DocumentToken) },
        {
            "the known token, hashed", "ci is the well-known token",
            o => Elsewhere(o).Access.Tokens.Add(TestTokens.Entry("ci", ServerOptions.DocumentToken, "read"))
        },
        { "an empty token, hashed", "digest of an empty token", o => o.Access.Tokens.Add(TestTokens.Entry("ci", "", "read")) },
        { "a name twice", "two tokens have the name token", o => Elsewhere(o).Access.Tokens.Add(TestTokens.Entry("token", "x", "read")) },
        { "a token twice", "token and ci are the same token", o => Elsewhere(o).Access.Tokens.Add(TestTokens.Entry("ci", Own, "read")) },
        { "a token without scopes", "Access:Tokens: entry 1 (ci): Scopes", o => o.Access.Tokens.Add(TestTokens.Entry("ci", "x")) },
        { "no tokens file", "no-such-file cannot be read: it does not exist", o => o.Access.TokensFile = "no-such-file" },
        { "the whole world", "would let every machine read and change everything", o => Elsewhere(o).Rpc.AllowedNetworks.Add("0.0.0.0/0") },
        { "the whole world", "name the networks", o => Elsewhere(o).Rpc.AllowedNetworks.Add("::/0") },
        { "no network", "'10.0.0.0/99' is not a network", o => Elsewhere(o).Rpc.AllowedNetworks.Add("10.0.0.0/99") },
        { "no network", "'fe-nodes' is not a network", o => Elsewhere(o).Rpc.AllowedNetworks.Add("fe-nodes") },
        { "no scope", "Rpc:Scopes must name nothing but read, operate, secrets, raw", o => o.Rpc.Scopes.Add("all") },
        { "half of TLS", "Tls:KeyFile is not", o => o.Tls.CertificateFile = "cert.pem" },
        { "half of TLS", "without Tls:CertificateFile", o => o.Tls.KeyFile = "key.pem" },
        { "half of TLS", "without Tls:CertificateFile", o => o.Tls.ClientCertificate = ClientCertificateUse.Required },
        { "nobody to believe", "set Tls:ClientCaFile", o => Encrypted(o).ClientCertificate = ClientCertificateUse.Optional },
        { "authorities for nothing", "optional or required", o => Encrypted(o).ClientCaFile = "ca.pem" },
        { "no certificate", "cert.pem cannot be read", o => Encrypted(o) },
        { "a limit of nothing", "Limits:Connections must be from 1", o => o.Limits.Connections = 0 },
        { "no interval", "ReloadInterval must be longer than nothing", o => o.ReloadInterval = TimeSpan.Zero },
        { "a limit of nothing", "Limits:HeaderTimeout", o => o.Limits.HeaderTimeout = TimeSpan.Zero },
        { "a negative memory", "Limits:ReplyCacheBytes must be from 0 to 1073741824", o => o.Limits.ReplyCacheBytes = -1 },
        { "a limit too high", "Limits:JsonDepth must be from 1 to 64", o => o.Limits.JsonDepth = 65 },
        { "a limit of nothing there is", "Limits:QpsByName:get_instances: there is no", o => o.Limits.QpsByName["get_instances"] = 1 },
        { "a limit too high", "Limits:QpsByName:get_instance", o => o.Limits.QpsByName["get_instance"] = -1 },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_is_not_safe_is_refused_in_words_that_say_what_to_do(string what, string why, Action<ServerOptions> configure)
    {
        var options = new ServerOptions { Listen = "127.0.0.1:0", Store = "memory" };
        configure(options);
        FluentActions.Invoking(() => ServerHost.Build(options)).Should().Throw<SettingsException>(what)
            .Which.Message.Should().Contain(why).And.NotContain(Own);
    }

    [Fact]
    public void A_certificate_stands_for_a_token_that_exists()
    {
        var options = new TlsOptions();
        options.ClientCertificates.Add(new ClientCertificateEntry { Subject = "CN=a", Token = "nobody" });
        Map(options).Should().Throw<SettingsException>().WithMessage("*entry 1: Token must be the name of one of the tokens (ci)*");
    }

    [Theory]
    [InlineData(null, null, "either Subject or Sha256")]
    [InlineData("CN=a", "00", "either Subject or Sha256")]
    [InlineData(null, "00", "Sha256 must be 64 hex digits")]
    [InlineData("not a name", null, "must be a distinguished name")]
    public void A_certificate_is_named_in_one_way(string? subject, string? sha256, string why)
    {
        var options = new TlsOptions();
        options.ClientCertificates.Add(new ClientCertificateEntry { Subject = subject, Sha256 = sha256, Token = "ci" });
        Map(options).Should().Throw<SettingsException>().Which.Message.Should().Contain(why);
    }

    [Fact]
    public void A_certificate_is_listed_once()
    {
        var options = new TlsOptions();
        options.ClientCertificates.Add(new ClientCertificateEntry { Subject = "CN=a,O=b", Token = "ci" });
        options.ClientCertificates.Add(new ClientCertificateEntry { Subject = "CN=a, O=b", Token = "ci" });
        Map(options).Should().Throw<SettingsException>().WithMessage("*entry 2*listed twice*");
    }

    [Fact]
    public async Task A_server_that_other_machines_reach_starts_with_a_token_or_with_networks()
    {
        await using var withToken = ServerHost.Build(Elsewhere(new ServerOptions { Store = "memory" }));
        var options = new ServerOptions { Store = "memory", Listen = Everywhere };
        options.Rpc.AllowedNetworks.Add("10.0.0.0/8");
        await using var withNetwork = ServerHost.Build(options);
    }

    private static Action Map(TlsOptions options) => () => _ = new ClientCertificateTokens(
        options, new TokenTable([new NamedToken("ci", Scopes.Read, NamedToken.DigestOf("x"))]));

    private static ServerOptions Elsewhere(ServerOptions options)
    {
        options.Listen = Everywhere;
        options.Token = Own;
        return options;
    }

    private static TlsOptions Encrypted(ServerOptions options)
    {
        options.Tls.CertificateFile = "cert.pem";
        options.Tls.KeyFile = "key.pem";
        return options.Tls;
    }
}
