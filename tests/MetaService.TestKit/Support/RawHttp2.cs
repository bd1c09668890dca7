using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace MetaService.TestKit.Support;

/// <summary>A frame of HTTP/2.</summary>
public sealed record Http2Frame(Http2FrameType Type, byte Flags, int Stream, byte[] Payload)
{
    /// <summary>The payload as text, for header fields that were sent as they are.</summary>
    public string Text => Encoding.Latin1.GetString(Payload);
}

/// <summary>The kinds of frames that tests look at.</summary>
public enum Http2FrameType : byte
{
    Data = 0,
    Headers = 1,
    ResetStream = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
}

/// <summary>Speaks HTTP/2 frame by frame, as slowly and as incompletely as a test wants to.</summary>
public sealed class RawHttp2 : IDisposable
{
    private const byte EndHeaders = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TcpClient _client = new();
    private readonly CancellationTokenSource _deadline = new(Patience);

    private NetworkStream Stream => _client.GetStream();

    public static async Task<RawHttp2> ConnectAsync(Uri address)
    {
        var connection = new RawHttp2();
        await connection._client.ConnectAsync(address.Host, address.Port, connection._deadline.Token);
        await connection.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await connection.SendAsync(Http2FrameType.Settings, 0, 0, []);
        return connection;
    }

    /// <summary>Begins a gRPC call and leaves it open.</summary>
    public Task BeginCallAsync(int stream, string path, params (string Name, string Value)[] more)
    {
        using var block = new MemoryStream();
        (string, string)[] usual =
        [
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "x"),
            ("content-type", "application/grpc"), ("te", "trailers"),
        ];
        foreach (var (name, value) in usual.Concat(more))
        {
            block.WriteByte(0); // A literal with a literal name, not to be remembered.
            Write(block, name);
            Write(block, value);
        }

        return SendAsync(Http2FrameType.Headers, EndHeaders, stream, block.ToArray());
    }

    /// <summary>Sends a part of a message.</summary>
    public Task SendDataAsync(int stream, params byte[] data) => SendAsync(Http2FrameType.Data, 0, stream, data);

    /// <summary>The next frame of a kind; null when the server ends the connection before.</summary>
    public async Task<Http2Frame?> ReadAsync(Http2FrameType type, int stream)
    {
        while (await ReadAsync() is { } frame)
        {
            if (frame.Type == type && frame.Stream == stream)
            {
                return frame;
            }
        }

        return null;
    }

    /// <summary>Reads until the server ends the connection.</summary>
    public async Task ReadToEndAsync()
    {
        while (await ReadAsync() is not null)
        {
            // Settings, pings and the goodbye.
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _deadline.Dispose();
    }

    private static void Write(MemoryStream block, string text)
    {
        block.WriteByte(checked((byte)text.Length)); // Below 127, so that one byte is enough.
        text.Length.Should().BeLessThan(127);
        block.Write(Encoding.ASCII.GetBytes(text));
    }

    private async Task<Http2Frame?> ReadAsync()
    {
        var head = new byte[9];
        try
        {
            if (await Stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, _deadline.Token) < head.Length)
            {
                return null;
            }

            var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await Stream.ReadExactlyAsync(payload, _deadline.Token);
            return new Http2Frame((Http2FrameType)head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
        }
        catch (IOException)
        {
            return null; // Reset.
        }
    }

    private Task SendAsync(Http2FrameType type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        (frame[0], frame[1], frame[2]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length);
        (frame[3], frame[4]) = ((byte)type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return SendAsync(frame);
    }

    private Task SendAsync(byte[] bytes) => Stream.WriteAsync(bytes, _deadline.Token).AsTask();
}
