using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;

namespace MetaService.Server.Cli;

/// <summary>One question to the health endpoints of a server.</summary>
/// <remarks>
/// A container asks every few seconds, each time by a process of its own, so the start of an HTTP client is saved: HTTP/1.0 over
/// a socket is enough, since the reply ends with the connection.
/// </remarks>
public static class HealthProbe
{
    /// <summary>How long a server may take to answer; it gives its own store one second.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private const int LongestReply = 16 * 1024;

    /// <summary>Returns when the server says that it is well.</summary>
    /// <param name="live">Ask /health/live rather than /health/ready.</param>
    /// <param name="patience">Longest time for the whole exchange.</param>
    /// <exception cref="HealthException">It is not, or did not say so in time.</exception>
    public static async Task RunAsync(HealthAddress address, bool live, TimeSpan patience, CancellationToken cancellationToken)
    {
        var path = live ? "/health/live" : "/health/ready";
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(patience);
        try
        {
            var reply = await AskAsync(address, path, deadline.Token).ConfigureAwait(false);
            if (StatusOf(reply) != "200")
            {
                throw new HealthException($"{address}{path} answers {Describe(reply, address.IsTls)}");
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HealthException($"{address} does not answer within {patience.TotalSeconds} s");
        }
        catch (AuthenticationException)
        {
            throw new HealthException($"{address} refuses a TLS connection: it may want a client certificate, or speak no TLS");
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new HealthException($"{address} cannot be reached: {e.Message}");
        }
    }

    private static async Task<string> AskAsync(HealthAddress address, string path, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        var stream = await ConnectAsync(client, address, cancellationToken).ConfigureAwait(false);
        await using var closing = stream.ConfigureAwait(false);
        var request = Encoding.ASCII.GetBytes($"GET {path} HTTP/1.0\r\nHost: {address.Authority}\r\n\r\n");
        await stream.WriteAsync(request, cancellationToken).ConfigureAwait(false);
        var buffer = new byte[LongestReply];
        var length = await stream.ReadAtLeastAsync(buffer, LongestReply, throwOnEndOfStream: false, cancellationToken)
            .ConfigureAwait(false);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private static async Task<Stream> ConnectAsync(TcpClient client, HealthAddress address, CancellationToken cancellationToken)
    {
        await client.ConnectAsync(address.Host, address.Port, cancellationToken).ConfigureAwait(false);
        if (!address.IsTls)
        {
            return client.GetStream();
        }

        // A server is asked under the address of its machine, for which its certificate need not be; nothing secret is said to
        // it.
#pragma warning disable CA5359
        var encrypted = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
#pragma warning restore CA5359
        try
        {
            await encrypted.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = address.Host }, cancellationToken).ConfigureAwait(false);
            return encrypted;
        }
        catch
        {
            await encrypted.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The status of an HTTP reply, or null for anything else.</summary>
    private static string? StatusOf(string reply) =>
        reply.StartsWith("HTTP/1.", StringComparison.Ordinal) && reply.Split([' ', '\r'], 3) is [_, { Length: 3 } status, _]
            ? status
            : null;

    private static string Describe(string reply, bool isTls) => (StatusOf(reply), ReasonOf(reply)) switch
    {
        (null, _) when isTls && reply.Length == 0 => "nothing: it may want a client certificate",
        (null, _) => "something that is not HTTP",
        ({ } status, null) => status,
        var (status, reason) => $"{status}: {reason}",
    };

    /// <summary>The reason that a server gives for not being ready.</summary>
    private static string? ReasonOf(string reply)
    {
        var head = reply.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (head < 0)
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(reply.AsMemory(head + 4));
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("reason", out var reason)
                ? reason.ToString()
                : null;
        }
        catch (JsonException)
        {
            return null; // Some other server's page; its status says enough.
        }
    }
}

/// <summary>A server is not well; the message says in which way.</summary>
public sealed class HealthException(string message) : Exception(message);
