using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MetaService.Server.Settings;

namespace MetaService.ApiTests.Tls;

/// <summary>A server with TLS whose files a test can change.</summary>
public sealed class TlsServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TemporaryDirectory _directory = new();
    private InProcessServer? _server;

    public TestAuthority Authority { get; } = new();

    /// <summary>Whose client certificates are believed.</summary>
    public TestAuthority ClientAuthority { get; } = new("CN=test authority of clients");

    public InProcessServer Server => _server ?? throw new InvalidOperationException("not started yet");

    public string CertificateFile => Path.Combine(_directory.Path, "cert.pem");

    public string KeyFile => Path.Combine(_directory.Path, "key.pem");

    public string ClientCaFile => Path.Combine(_directory.Path, "ca.pem");

    public static async Task<TlsServer> StartAsync(
        ClientCertificateUse use = ClientCertificateUse.None, Action<ServerOptions>? configure = null)
    {
        var tls = new TlsServer();
        try
        {
            tls.Write(tls.Authority.Server());
            await File.WriteAllTextAsync(tls.ClientCaFile, tls.ClientAuthority.Pem);
            tls._server = await InProcessServer.StartAsync(configure: options =>
            {
                options.ReloadInterval = TimeSpan.FromMilliseconds(20);
                options.Tls.CertificateFile = tls.CertificateFile;
                options.Tls.KeyFile = tls.KeyFile;
                options.Tls.ClientCertificate = use;
                options.Tls.ClientCaFile = use == ClientCertificateUse.None ? null : tls.ClientCaFile;
                configure?.Invoke(options);
            });
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    /// <summary>Puts a certificate and its key into the files.</summary>
    public void Write((string Certificate, string Key) pair)
    {
        File.WriteAllText(CertificateFile, pair.Certificate);
        File.WriteAllText(KeyFile, pair.Key);
    }

    /// <summary>A client that believes the server's authority.</summary>
    public HttpClient Client(X509Certificate2? certificate = null) =>
        new(Handler(certificate)) { BaseAddress = Server.Address };

    public SocketsHttpHandler Handler(X509Certificate2? certificate = null)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions =
            {
                RemoteCertificateValidationCallback = (_, _, chain, _) => IsOurs(chain),
            },
        };
        if (certificate is not null)
        {
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        }

        return handler;
    }

    /// <summary>Shakes hands and tells what came out of it.</summary>
    public async Task<(string Subject, SslProtocols Version, string Protocol)> HandshakeAsync(
        SslProtocols versions = SslProtocols.None, params SslApplicationProtocol[] protocols)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(Server.Address.Host, Server.Address.Port, deadline.Token);
        await using var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                EnabledSslProtocols = versions,
                ApplicationProtocols = [.. protocols],
                RemoteCertificateValidationCallback = (_, _, chain, _) => IsOurs(chain),
            },
            deadline.Token);
        return (stream.RemoteCertificate!.Subject, stream.SslProtocol, stream.NegotiatedApplicationProtocol.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Authority.Dispose();
        ClientAuthority.Dispose();
        _directory.Dispose();
    }

    private bool IsOurs(X509Chain? chain)
    {
        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.Add(Authority.Certificate);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return own.Build(chain!.ChainElements[0].Certificate);
    }
}
