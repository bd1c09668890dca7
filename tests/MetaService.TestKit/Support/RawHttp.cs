using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace MetaService.TestKit.Support;

/// <summary>A reply as it came over the socket.</summary>
/// <param name="Status">HTTP status; 0 when the connection ended without a reply.</param>
public sealed record RawReply(int Status, string Headers, string Body);

/// <summary>Sends bytes that no HTTP client would send.</summary>
public static class RawHttp
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Sends a request as it is given and reads one reply, without waiting for the rest of what was sent.</summary>
    public static async Task<RawReply> SendAsync(Uri address, params ReadOnlyMemory<byte>[] parts)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, deadline.Token);
        await using var stream = client.GetStream();
        foreach (var part in parts)
        {
            await stream.WriteAsync(part, deadline.Token);
        }

        return await ReadAsync(stream, deadline.Token);
    }

    /// <summary>Sends requests at once on one connection and reads their replies.</summary>
    public static async Task<IReadOnlyList<RawReply>> SendAllAsync(Uri address, string requests, int count)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, deadline.Token);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(requests), deadline.Token);
        var replies = new List<RawReply>();
        for (var rest = ""; replies.Count < count;)
        {
            var reply = await ReadAsync(stream, deadline.Token, rest);
            var end = ContentLength(reply.Headers);
            replies.Add(reply with { Body = reply.Body[..end] });
            rest = reply.Body[end..];
        }

        return replies;
    }

    public static Task<RawReply> SendAsync(Uri address, string request) => SendAsync(address, Encoding.UTF8.GetBytes(request));

    private static async Task<RawReply> ReadAsync(NetworkStream stream, CancellationToken cancellationToken, string begun = "")
    {
        using var received = new MemoryStream();
        received.Write(Encoding.UTF8.GetBytes(begun));
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var text = Encoding.UTF8.GetString(received.ToArray());
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                var (headers, body) = (text[..end], text[(end + 4)..]);
                if (Encoding.UTF8.GetByteCount(body) >= ContentLength(headers))
                {
                    return new RawReply(int.Parse(headers.Split(' ')[1], CultureInfo.InvariantCulture), headers, body);
                }
            }

            var count = await stream.ReadAsync(buffer, cancellationToken);
            if (count == 0)
            {
                return new RawReply(0, "", text);
            }

            received.Write(buffer, 0, count);
        }
    }

    private static int ContentLength(string headers)
    {
        const string Name = "Content-Length:";
        var line = headers.Split("\r\n").FirstOrDefault(h => h.StartsWith(Name, StringComparison.OrdinalIgnoreCase));
        return line is null ? 0 : int.Parse(line[Name.Length..], CultureInfo.InvariantCulture);
    }
}
