using System.Net;

namespace MetaService.Server.Access;

/// <summary>Who makes a request.</summary>
/// <param name="Name">Name of the token, or <see cref="NetworkName"/>.</param>
/// <param name="Scopes">What the caller may do.</param>
/// <param name="Address">Where the connection comes from: the client, or the proxy before it.</param>
/// <param name="CertificateSubject">Subject of the client certificate that was shown, whether or not it decided.</param>
public sealed record Caller(string Name, Scopes Scopes, IPAddress? Address, string? CertificateSubject)
{
    /// <summary>The name of a caller without a token from an allowed network; no token can have it.</summary>
    public const string NetworkName = "(network)";

    /// <summary>Whether the caller has all of the scopes.</summary>
    public bool Has(Scopes scopes) => (Scopes & scopes) == scopes;
}
