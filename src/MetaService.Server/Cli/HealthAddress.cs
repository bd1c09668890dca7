using System.Net;
using MetaService.Server.Settings;

namespace MetaService.Server.Cli;

/// <summary>Where a server is asked.</summary>
/// <param name="Host">A name or an IP address, the latter without brackets.</param>
/// <param name="IsTls">Whether it speaks TLS.</param>
public sealed record HealthAddress(string Host, int Port, bool IsTls = false)
{
    /// <summary>Reads <c>http://HOST:PORT</c> or <c>https://HOST:PORT</c>.</summary>
    /// <exception cref="SettingsException">It is something else, and not repeated, since it may hold a password.</exception>
    public static HealthAddress Parse(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri)
        && uri is { Scheme: "http" or "https", UserInfo: "", PathAndQuery: "/", Fragment: "" }
            ? new HealthAddress(uri.IdnHost, uri.Port, uri.Scheme == "https")
            : throw new SettingsException("--url is not http://HOST:PORT or https://HOST:PORT, e.g. http://127.0.0.1:5000");

    /// <summary>How this machine reaches a listener; one on every address is reached on loopback.</summary>
    public static HealthAddress Of(IPEndPoint listener, bool isTls = false)
    {
        var isAny = listener.Address.Equals(IPAddress.Any) || listener.Address.Equals(IPAddress.IPv6Any);
        return new HealthAddress((isAny ? IPAddress.Loopback : listener.Address).ToString(), listener.Port, isTls);
    }

    /// <summary>Host and port as a URL has them.</summary>
    public string Authority => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    public override string ToString() => $"{(IsTls ? "https" : "http")}://{Authority}";
}
