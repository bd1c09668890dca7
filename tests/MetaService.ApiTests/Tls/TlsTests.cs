using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using MetaService.Records.Cloud;
using MetaService.Server.Hosting.Tls;
using MetaService.Server.Settings;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Client = MetaService.Records.Cloud.MetaService.MetaServiceClient;

namespace MetaService.ApiTests.Tls;

/// <summary>Listeners that speak TLS.</summary>
public sealed class TlsTests
{
    private const string ListPath = "/MetaService/http/list_instances?token=" + ServerOptions.DocumentToken;

    [Fact]
    public async Task HTTP_of_both_versions_and_gRPC_share_an_encrypted_port()
    {
        await using var tls = await TlsServer.StartAsync();
        tls.Server.Address.Scheme.Should().Be("https");
        using var http = tls.Client();
        foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(ListPath, UriKind.Relative))
            {
                Version = version,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            using var response = await http.SendAsync(request);
            response.StatusCode.Should().Be(HttpStatusCode.OK);
            response.Version.Should().Be(version);
        }

        using var channel = GrpcChannel.ForAddress(tls.Server.Address, new GrpcChannelOptions { HttpHandler = tls.Handler() });
        var reply = await new Client(channel).get_instanceAsync(new GetInstanceRequest { InstanceId = "none" });
        reply.Status.Code.Should().Be(MetaServiceCode.ClusterNotFound);
    }

    [Fact]
    public async Task Old_versions_of_TLS_and_clear_text_are_not_spoken()
    {
        await using var tls = await TlsServer.StartAsync();
#pragma warning disable SYSLIB0039, CA5397, CA5398 // That it is refused is what is tested.
        await tls.Awaiting(t => t.HandshakeAsync(SslProtocols.Tls11)).Should().ThrowAsync<Exception>();
        (await tls.HandshakeAsync(SslProtocols.Tls12)).Version.Should().Be(SslProtocols.Tls12);
        (await tls.HandshakeAsync(SslProtocols.Tls13)).Version.Should().Be(SslProtocols.Tls13);
#pragma warning restore SYSLIB0039, CA5397, CA5398
        (await RawHttp.SendAsync(tls.Server.Address, $"GET {ListPath} HTTP/1.1\r\nHost: x\r\n\r\n")).Status.Should().NotBe(200);
    }

    [Fact]
    public async Task An_address_for_gRPC_alone_offers_HTTP_2_alone()
    {
        await using var tls = await TlsServer.StartAsync(configure: options =>
        {
            options.RpcListen = options.Listen;
            options.Listen = "";
        });
        var both = new[] { SslApplicationProtocol.Http11, SslApplicationProtocol.Http2 };
        (await tls.HandshakeAsync(protocols: both)).Protocol.Should().Be("h2");
    }

    [Fact]
    public async Task A_new_certificate_is_shown_to_new_connections_and_a_broken_one_to_nobody()
    {
        await using var tls = await TlsServer.StartAsync();
        using var http = tls.Client();
        (await http.GetAsync(new Uri(ListPath, UriKind.Relative))).StatusCode.Should().Be(HttpStatusCode.OK);
        (await tls.HandshakeAsync()).Subject.Should().Be("CN=server");

        var (renewed, key) = tls.Authority.Server("CN=renewed");
        await File.WriteAllTextAsync(tls.CertificateFile, renewed); // Without its key it is no pair yet.
        (await tls.HandshakeAsync()).Subject.Should().Be("CN=server");
        await File.WriteAllTextAsync(tls.KeyFile, key);
        await Eventually.HoldsAsync(async () => (await tls.HandshakeAsync()).Subject == "CN=renewed", "the new certificate is shown");

        (await http.GetAsync(new Uri(ListPath, UriKind.Relative))).StatusCode.Should().Be(HttpStatusCode.OK, "open connections stay");
    }

    [Fact]
    public void A_broken_pair_is_told_once_and_the_old_one_stays()
    {
        using var directory = new TemporaryDirectory();
        using var authority = new TestAuthority();
        var (certificates, paths, log) = Certificates(directory, authority.Server("CN=old"), DateTimeOffset.UtcNow);
        var (other, key) = authority.Server("CN=other");
        foreach (var (certificate, wrongKey, why) in new[]
        {
            (other, File.ReadAllText(paths.Key), "belongs to the first certificate"),
            (other, "", "holds no private key"),
            ("", key, "holds no certificate in PEM form"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", key, "damaged certificate"),
        })
        {
            File.WriteAllText(paths.Certificate, certificate);
            File.WriteAllText(paths.Key, wrongKey);
            certificates.Reload(log);
            certificates.Reload(log);
            log.Lines.Should().ContainSingle().Which.Should().Match<(LogLevel Level, string Text)>(
                line => line.Level == LogLevel.Error && line.Text.Contains(why));
            log.Lines.Clear();
            Subject(certificates).Should().Be("CN=old");
        }

        File.WriteAllText(paths.Certificate, other);
        File.WriteAllText(paths.Key, key);
        certificates.Reload(log);
        log.Lines.Should().ContainSingle().Which.Text.Should().StartWith("Certificates were read again; CN=other is valid until");
        Subject(certificates).Should().Be("CN=other");
    }

    [Theory]
    [InlineData(13, 1, LogLevel.Warning)]
    [InlineData(16, 0, null)]
    [InlineData(-1, 1, LogLevel.Error)]
    public void The_end_of_a_certificate_is_told_two_weeks_before_and_then_every_day(int daysLeft, int lines, LogLevel? level)
    {
        using var directory = new TemporaryDirectory();
        using var authority = new TestAuthority();
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var (certificates, _, log) = Certificates(directory, authority.Server("CN=short", 300), DateTimeOffset.UtcNow, time);
        time.Advance(TimeSpan.FromDays(299 - daysLeft));

        certificates.Reload(log);
        certificates.Reload(log);
        log.Lines.Should().HaveCount(lines);
        log.Lines.Where(line => line.Level != level || !line.Text.Contains("CN=short")).Should().BeEmpty();

        time.Advance(TimeSpan.FromDays(1));
        certificates.Reload(log);
        certificates.Reload(log);
        log.Lines.Should().HaveCount(2 * lines);
    }

    [Fact]
    public void A_key_with_a_password_is_read_with_it_and_not_without()
    {
        using var directory = new TemporaryDirectory();
        using var authority = new TestAuthority();
        var (certificate, key) = authority.Server();
        using var pair = X509Certificate2.CreateFromPem(certificate, key);
        using var ecdsa = pair.GetECDsaPrivateKey()!;
        var parameters = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);
        var encrypted = ecdsa.ExportEncryptedPkcs8PrivateKeyPem("key-password", parameters);
        Certificates(directory, (certificate, encrypted), DateTimeOffset.UtcNow, password: "key-password").Should().NotBeNull();
        foreach (var wrong in new[] { "wrong-password", null })
        {
            FluentActions.Invoking(() => Certificates(directory, (certificate, encrypted), DateTimeOffset.UtcNow, password: wrong))
                .Should().Throw<SettingsException>().Which.Message.Should().Contain("Tls:KeyPassword").And.NotContain("wrong-password");
        }
    }

    private static (TlsCertificates Certificates, (string Certificate, string Key) Paths, ListLogger Log) Certificates(
        TemporaryDirectory directory,
        (string Certificate, string Key) pair,
        DateTimeOffset now,
        TimeProvider? time = null,
        string? password = null)
    {
        var paths = (Certificate: Path.Combine(directory.Path, "c.pem"), Key: Path.Combine(directory.Path, "k.pem"));
        File.WriteAllText(paths.Certificate, pair.Certificate);
        File.WriteAllText(paths.Key, pair.Key);
        var options = new TlsOptions { CertificateFile = paths.Certificate, KeyFile = paths.Key, KeyPassword = password };
        return (new TlsCertificates(options, time ?? new FakeTimeProvider(now)), paths, new ListLogger());
    }

    private static string Subject(TlsCertificates certificates) =>
        certificates.Handshake([SslApplicationProtocol.Http2]).ServerCertificateContext!.TargetCertificate.Subject;
}
