using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using MetaService.Records.Cloud;
using MetaService.Server.Access;
using MetaService.Server.Settings;
using Client = MetaService.Records.Cloud.MetaService.MetaServiceClient;

namespace MetaService.ApiTests.Tls;

/// <summary>Clients that show a certificate.</summary>
public sealed class ClientCertificateTests
{
    private const string Platform = "platform-token-0123456789";
    private const string Look = "look-token-0123456789";
    private const string Path = "/MetaService/http/list_instances";

    [Fact]
    public async Task Where_one_is_required_there_is_no_connection_without_one_that_is_believed()
    {
        await using var tls = await TlsServer.StartAsync(ClientCertificateUse.Required, Configure);
        using var stranger = new TestAuthority("CN=another authority");
        using var unknown = stranger.Client("CN=platform");
        foreach (var certificate in new[] { null, unknown })
        {
            using var http = tls.Client(certificate);
            await http.Awaiting(h => h.GetAsync(new Uri(Path + "?token=" + Platform, UriKind.Relative)))
                .Should().ThrowAsync<HttpRequestException>();
        }

        using var known = tls.ClientAuthority.Client("CN=platform, O=Example");
        (await ListAsync(tls, known)).ShouldBeOk();
    }

    [Fact]
    public async Task Where_one_is_optional_a_token_will_do_and_a_certificate_that_is_not_believed_will_not()
    {
        await using var tls = await TlsServer.StartAsync(ClientCertificateUse.Optional, Configure);
        (await ListAsync(tls, null, Look)).ShouldBeOk();
        (await ListAsync(tls, null)).ShouldFail(403, "PERMISSION_DENIED");
        using var stranger = new TestAuthority("CN=another authority");
        using var unknown = stranger.Client("CN=platform, O=Example");
        await FluentActions.Awaiting(() => ListAsync(tls, unknown, Look)).Should().ThrowAsync<HttpRequestException>();
    }

    [Fact]
    public async Task A_certificate_for_servers_is_no_certificate_of_a_client()
    {
        await using var tls = await TlsServer.StartAsync(ClientCertificateUse.Required, Configure);
        var (certificate, key) = tls.ClientAuthority.Server("CN=platform, O=Example");
        using var server = X509Certificate2.CreateFromPem(certificate, key);
        await FluentActions.Awaiting(() => ListAsync(tls, server)).Should().ThrowAsync<HttpRequestException>();
    }

    [Fact]
    public async Task A_certificate_has_the_scopes_of_the_token_that_it_stands_for()
    {
        await using var tls = await TlsServer.StartAsync(ClientCertificateUse.Optional, Configure);
        using var platform = tls.ClientAuthority.Client("CN=platform, O=Example");
        using var look = tls.ClientAuthority.Client("CN=look");
        using var nobody = tls.ClientAuthority.Client("CN=nobody");

        (await ListAsync(tls, platform)).ShouldBeOk();
        (await ListAsync(tls, look)).ShouldBeOk();
        (await CreateAsync(tls, look)).ShouldFail(403, "PERMISSION_DENIED", "the token look lacks the scope operate");
        (await CreateAsync(tls, platform)).ShouldBeOk();
        (await ListAsync(tls, nobody)).ShouldFail(403, "PERMISSION_DENIED");
    }

    [Fact]
    public async Task A_token_that_is_sent_decides_whatever_certificate_is_shown()
    {
        await using var tls = await TlsServer.StartAsync(ClientCertificateUse.Optional, Configure);
        using var platform = tls.ClientAuthority.Client("CN=platform, O=Example");
        (await ListAsync(tls, platform, "wrong")).ShouldFail(403, "PERMISSION_DENIED");
        (await CreateAsync(tls, platform, Look)).ShouldFail(403, "PERMISSION_DENIED", "the token look");
    }

    [Fact]
    public async Task A_certificate_is_good_over_gRPC_too()
    {
        await using var tls = await TlsServer.StartAsync(ClientCertificateUse.Optional, options =>
        {
            Configure(options);
            options.Rpc.AllowedNetworks.Add("10.0.0.0/8");
        });
        using var look = tls.ClientAuthority.Client("CN=look");
        using var channel = GrpcChannel.ForAddress(tls.Server.Address, new GrpcChannelOptions { HttpHandler = tls.Handler(look) });
        var rpc = new Client(channel);
        (await rpc.get_instanceAsync(new GetInstanceRequest { InstanceId = "none" })).Status.Code
            .Should().Be(MetaServiceCode.ClusterNotFound);
        var change = async () => await rpc.begin_txnAsync(new BeginTxnRequest());
        (await change.Should().ThrowAsync<RpcException>()).Which.StatusCode.Should().Be(StatusCode.PermissionDenied);

        using var without = GrpcChannel.ForAddress(tls.Server.Address, new GrpcChannelOptions { HttpHandler = tls.Handler() });
        var call = async () => await new Client(without).get_instanceAsync(new GetInstanceRequest { InstanceId = "none" });
        (await call.Should().ThrowAsync<RpcException>()).Which.StatusCode.Should().Be(StatusCode.Unauthenticated);
    }

    [Fact]
    public async Task The_authorities_are_read_again_when_their_file_changes()
    {
        await using var tls = await TlsServer.StartAsync(ClientCertificateUse.Optional, Configure);
        using var next = new TestAuthority("CN=next authority of clients");
        using var certificate = next.Client("CN=look");
        await FluentActions.Awaiting(() => ListAsync(tls, certificate)).Should().ThrowAsync<HttpRequestException>();
        await File.WriteAllTextAsync(tls.ClientCaFile, tls.ClientAuthority.Pem + "\n" + next.Pem);
        await Eventually.HoldsAsync(
            async () =>
            {
                try
                {
                    return (await ListAsync(tls, certificate)).Status == 200;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            "the new authority is believed");
    }

    [Fact]
    public void A_fingerprint_goes_before_a_subject()
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Client("CN=same");
        using var other = authority.Client("CN=same");
        var options = new TlsOptions();
        options.ClientCertificates.Add(new ClientCertificateEntry { Subject = "CN=same", Token = "by-subject" });
        options.ClientCertificates.Add(new ClientCertificateEntry
        {
            Sha256 = string.Join(':', certificate.GetCertHash(HashAlgorithmName.SHA256).Select(b => b.ToString("x2", null))),
            Token = "by-fingerprint",
        });
        var tokens = options.ClientCertificates.Select(entry => new NamedToken(entry.Token, Scopes.Read, new byte[32]));
        var mapping = new ClientCertificateTokens(options, new TokenTable(tokens));
        mapping.TokenOf(certificate).Should().Be("by-fingerprint");
        mapping.TokenOf(other).Should().Be("by-subject");
    }

    private static void Configure(ServerOptions options)
    {
        options.Access.Tokens.Add(TestTokens.Entry("platform", Platform, "read", "operate"));
        options.Access.Tokens.Add(TestTokens.Entry("look", Look, "read"));
        options.Tls.ClientCertificates.Add(new ClientCertificateEntry { Subject = "CN=platform,O=Example", Token = "platform" });
        options.Tls.ClientCertificates.Add(new ClientCertificateEntry { Subject = "CN=look", Token = "look" });
    }

    private static async Task<ApiReply> ListAsync(TlsServer tls, X509Certificate2? certificate, string? token = null)
    {
        using var http = tls.Client(certificate);
        return await ApiReply.ReadAsync(await http.GetAsync(new Uri(token is null ? Path : $"{Path}?token={token}", UriKind.Relative)));
    }

    private static async Task<ApiReply> CreateAsync(TlsServer tls, X509Certificate2 certificate, string? token = null)
    {
        using var http = tls.Client(certificate);
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri("/MetaService/http/create_instance", UriKind.Relative))
        {
            Content = new StringContent(Sample.VaultInstance(Sample.NewId()).ToJsonString()),
        };
        if (token is not null)
        {
            request.Headers.Add("x-token", token);
        }

        return await ApiReply.ReadAsync(await http.SendAsync(request));
    }
}
