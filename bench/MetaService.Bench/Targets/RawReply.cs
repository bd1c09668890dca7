using System.Net.Sockets;
using System.Text;

namespace MetaService.Bench.Targets;

/// <summary>A reply as it came over the wire.</summary>
/// <param name="Head">Status line and headers, without the date.</param>
internal sealed record RawReply(string Head, byte[] Body)
{
    public string ContentType => Head.Split("\r\n").Single(IsContentType).Split(": ")[1];

    public bool IsSame(RawReply other) => Head == other.Head && Body.AsSpan().SequenceEqual(other.Body);

    /// <summary>Sends one request on a connection of its own.</summary>
    /// <exception cref="BenchException">The reply is no success.</exception>
    public static async Task<RawReply> FetchAsync(
        Uri address, string method, string path, string? body, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, cancellationToken);
        var stream = client.GetStream();
        var length = body is null ? "" : $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n";
        var request = $"{method} {path} HTTP/1.1\r\nHost: {address.Authority}\r\n{length}Connection: close\r\n\r\n{body}";
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request), cancellationToken);
        using var reply = new MemoryStream();
        await stream.CopyToAsync(reply, cancellationToken);

        var bytes = reply.ToArray();
        var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        var lines = Encoding.ASCII.GetString(bytes, 0, Math.Max(end, 0)).Split("\r\n");
        return lines[0] == "HTTP/1.1 200 OK"
            ? new RawReply(string.Join("\r\n", lines.Where(l => !l.StartsWith("Date:", StringComparison.Ordinal))), bytes[(end + 4)..])
            : throw new BenchException($"{method} {path.Split('?')[0]} answered {lines[0]}");
    }

    private static bool IsContentType(string line) => line.StartsWith("Content-Type: ", StringComparison.Ordinal);
}
