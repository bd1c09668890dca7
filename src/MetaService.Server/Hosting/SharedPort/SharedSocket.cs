using System.Buffers;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace MetaService.Server.Hosting.SharedPort;

/// <summary>A listening socket and the two queues into which its connections are sorted.</summary>
internal sealed class SharedSocket : IAsyncDisposable
{
    private static readonly byte[] Http2Preface = "PRI * HTTP/2.0\r\n"u8.ToArray();

    private readonly IConnectionListener _listener;
    private readonly bool _servesHttp1;
    private readonly TimeSpan _patience;
    private readonly ConnectionCounter _counter;
    private readonly Action _closed;
    private readonly ILogger _log;
    private readonly Channel<ConnectionContext> _http1 = Channel.CreateUnbounded<ConnectionContext>();
    private readonly Channel<ConnectionContext> _http2 = Channel.CreateUnbounded<ConnectionContext>();
    private readonly CancellationTokenSource _stopping = new();
    private int _isClosed;

    /// <param name="listener">The socket.</param>
    /// <param name="servesHttp1">Whether there is somebody to serve HTTP/1.1.</param>
    /// <param name="patience">A client that does not say by then what it speaks is let go, before it has cost more than a
    /// buffer.</param>
    /// <param name="counter">Where each connection takes a place, which whoever serves it gives back.</param>
    /// <param name="closed">Called when the socket no longer listens.</param>
    /// <param name="log">Where the end of the socket is told.</param>
    public SharedSocket(
        IConnectionListener listener, bool servesHttp1, TimeSpan patience, ConnectionCounter counter, Action closed, ILogger log)
    {
        _listener = listener;
        _servesHttp1 = servesHttp1;
        _patience = patience;
        _counter = counter;
        _closed = closed;
        _log = log;
        _ = AcceptAllAsync();
    }

    public IPEndPoint Address => (IPEndPoint)_listener.EndPoint;

    /// <summary>The next connection of a protocol, or null when there will be none.</summary>
    public async ValueTask<ConnectionContext?> AcceptAsync(bool http2, CancellationToken cancellationToken)
    {
        var reader = (http2 ? _http2 : _http1).Reader;
        while (await reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (reader.TryRead(out var connection))
            {
                return connection;
            }
        }

        return null;
    }

    /// <summary>Stops listening, for all protocols.</summary>
    public async ValueTask CloseAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            _closed();
            await _listener.UnbindAsync(cancellationToken).ConfigureAwait(false);
            await _stopping.CancelAsync().ConfigureAwait(false);
            _http1.Writer.TryComplete();
            _http2.Writer.TryComplete();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync(CancellationToken.None).ConfigureAwait(false);
        await _listener.DisposeAsync().ConfigureAwait(false);
    }

    private async Task AcceptAllAsync()
    {
        try
        {
            while (await _listener.AcceptAsync(_stopping.Token).ConfigureAwait(false) is { } connection)
            {
                if (_counter.TryEnter())
                {
                    _ = SortAsync(connection);
                }
                else
                {
                    _ = DropAsync(connection);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopping is how this ends.
        }
        catch (Exception e)
        {
            // Kestrel learns of it by the end of the queues; a listener that went away is not to be missed in the log.
            _log.LogError("Listening on {Address} ended: {Type}", Address, e.GetType().FullName);
            _http1.Writer.TryComplete(e);
            _http2.Writer.TryComplete(e);
        }
    }

    private async Task SortAsync(ConnectionContext connection)
    {
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            deadline.CancelAfter(_patience);
            var isHttp2 = await SpeaksHttp2Async(connection, deadline.Token).ConfigureAwait(false);
            if (isHttp2 is { } answer && (answer || !_servesHttp1 ? _http2 : _http1).Writer.TryWrite(connection))
            {
                return;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ConnectionAbortedException)
        {
            // The client is silent or gone, or the server stops: either way there is nobody to answer.
        }

        _counter.Leave();
        await DropAsync(connection).ConfigureAwait(false);
    }

    private static async Task DropAsync(ConnectionContext connection)
    {
        connection.Abort(new ConnectionAbortedException("not served"));
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Looks at the first bytes and leaves them for whoever serves the connection; null when there are none.</summary>
    private static async Task<bool?> SpeaksHttp2Async(ConnectionContext connection, CancellationToken cancellationToken)
    {
        var input = connection.Transport.Input;
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var seen = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, Http2Preface.Length)).ToArray();
            var matches = seen.AsSpan().SequenceEqual(Http2Preface.AsSpan(0, seen.Length));
            var isDecided = !matches || seen.Length == Http2Preface.Length;
            if (isDecided || result.IsCompleted)
            {
                input.AdvanceTo(result.Buffer.Start);
                return result.Buffer.IsEmpty ? null : matches && isDecided;
            }

            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }
}
