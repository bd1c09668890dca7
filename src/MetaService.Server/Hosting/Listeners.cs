using System.Net;
using System.Net.Security;
using MetaService.Server.Access;
using MetaService.Server.Hosting.SharedPort;
using MetaService.Server.Hosting.Tls;
using MetaService.Server.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace MetaService.Server.Hosting;

/// <summary>Opens the addresses to listen on, in clear text or with TLS, and sets what Kestrel itself limits.</summary>
public sealed class Listeners(ServerOptions options, TlsCertificates? tls)
{
    // A peer that has gone without a word is noticed by these even while calls of it are under way.
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(20);

    // What a connection may have sent that nobody has read yet, as while its call is refused; the head of a request must fit in.
    private const int RequestBuffer = 64 * 1024;

    private readonly IReadOnlyList<IPEndPoint> _endpoints = options.Endpoints();
    private readonly IReadOnlyList<IPEndPoint> _rpcEndpoints = options.RpcEndpoints();

    public void Configure(KestrelServerOptions kestrel)
    {
        var counter = kestrel.ApplicationServices.GetRequiredService<ConnectionCounter>();
        SetLimits(kestrel, options.Limits);
        foreach (var (address, protocols) in _endpoints.Select(e => (e, HttpProtocols.Http1AndHttp2))
            .Concat(_rpcEndpoints.Where(e => e.Port == 0 || !_endpoints.Contains(e)).Select(e => (e, HttpProtocols.Http2))))
        {
            if (tls is not null)
            {
                kestrel.Listen(address, listen => Encrypt(listen, protocols, counter, tls));
                continue;
            }

            // The address is shared: SharedPortTransport listens once and sorts the connections by protocol.
            foreach (var protocol in new[] { HttpProtocols.Http1, HttpProtocols.Http2 }.Where(p => protocols.HasFlag(p)))
            {
                kestrel.Listen(new SharedEndPoint(address, protocol, protocols), listen =>
                {
                    listen.Protocols = protocol;
                    listen.Use(counter.LeavingAfter);
                    listen.Use(WithMemo);
                });
            }
        }
    }

    private void Encrypt(ListenOptions listen, HttpProtocols protocols, ConnectionCounter counter, TlsCertificates certificates)
    {
        List<SslApplicationProtocol> offered = protocols.HasFlag(HttpProtocols.Http1)
            ? [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]
            : [SslApplicationProtocol.Http2];
        listen.Protocols = protocols;
        listen.Use(counter.Counting);
        listen.Use(WithMemo);
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = options.Limits.HeaderTimeout,
            OnConnection = _ => ValueTask.FromResult(certificates.Handshake(offered)),
        });
    }

    private static ConnectionDelegate WithMemo(ConnectionDelegate next) => connection =>
    {
        connection.Features.Set(new CallerMemo());
        return next(connection);
    };

    private static void SetLimits(KestrelServerOptions kestrel, LimitOptions limits)
    {
        var pace = new MinDataRate(limits.BytesPerSecond, limits.PaceGrace);
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBufferSize = RequestBuffer;
        kestrel.Limits.MaxRequestBodySize = null; // RequestBody and gRPC have limits, and replies, of their own.
        kestrel.Limits.RequestHeadersTimeout = limits.HeaderTimeout;
        kestrel.Limits.KeepAliveTimeout = limits.KeepAlive;
        kestrel.Limits.MinRequestBodyDataRate = pace;
        kestrel.Limits.MinResponseDataRate = pace;
        kestrel.Limits.Http2.MaxStreamsPerConnection = limits.StreamsPerConnection;
        kestrel.Limits.Http2.KeepAlivePingDelay = PingDelay;
        kestrel.Limits.Http2.KeepAlivePingTimeout = PingTimeout;
    }
}
