using System.Collections.Concurrent;
using System.Net;
using MetaService.Server.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace MetaService.Server.Hosting.SharedPort;

/// <summary>
/// Listens once per address and hands each connection to the virtual endpoint whose protocol its first bytes speak: HTTP/2 with prior
/// knowledge begins with a fixed preface, all else is HTTP/1.1. Kestrel itself tells the two apart only under TLS.
/// </summary>
public sealed class SharedPortTransport(
    IOptions<SocketTransportOptions> options, ServerOptions settings, ConnectionCounter counter, ILoggerFactory loggers)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly SocketTransportFactory _sockets = new(options, loggers);
    private readonly ConcurrentDictionary<(IPEndPoint, HttpProtocols), Task<SharedSocket>> _open = new();
    private readonly ILogger _log = loggers.CreateLogger<SharedPortTransport>();

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => endpoint is SharedEndPoint;

    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var shared = (SharedEndPoint)endpoint;
        var socket = await _open.GetOrAdd(KeyOf(shared), _ => OpenAsync(shared, cancellationToken)).ConfigureAwait(false);
        return new VirtualListener(new SharedEndPoint(socket.Address, shared.Protocol, shared.Served), socket);
    }

    // The protocols too: two addresses whose ports are to be chosen look the same otherwise.
    private static (IPEndPoint Address, HttpProtocols Served) KeyOf(SharedEndPoint shared) => (shared.Address, shared.Served);

    private async Task<SharedSocket> OpenAsync(SharedEndPoint shared, CancellationToken cancellationToken)
    {
        var listener = await _sockets.BindAsync(shared.Address, cancellationToken).ConfigureAwait(false);
        return new SharedSocket(
            listener,
            shared.Served.HasFlag(HttpProtocols.Http1),
            settings.Limits.HeaderTimeout,
            counter,
            () => _open.TryRemove(KeyOf(shared), out _),
            _log);
    }

    /// <summary>The side of a shared socket that Kestrel sees for one protocol.</summary>
    private sealed class VirtualListener(SharedEndPoint endpoint, SharedSocket socket) : IConnectionListener
    {
        public EndPoint EndPoint => endpoint;

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            socket.AcceptAsync(endpoint.Protocol == HttpProtocols.Http2, cancellationToken);

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => socket.CloseAsync(cancellationToken);

        public ValueTask DisposeAsync() => socket.DisposeAsync();
    }
}
