using System.Security.Cryptography.X509Certificates;

namespace MetaService.Server.Access;

/// <summary>
/// Decides who makes a request. A token that is sent decides alone, be it right or wrong; without one a client certificate does,
/// and for gRPC the network that the connection comes from.
/// </summary>
public sealed class AccessGate(TokenSource tokens, ClientCertificateTokens certificates, AllowedNetworks networks)
{
    private const string BearerPrefix = "Bearer ";
    private const string TokenHeader = "x-token";

    /// <summary>The caller of an HTTP request, or null when it is nobody who is let in.</summary>
    public Caller? Identify(HttpContext context) => Identify(context, isGrpc: false);

    /// <summary>The caller of an RPC over gRPC, or null when it is nobody who is let in.</summary>
    public Caller? IdentifyGrpc(HttpContext context) => Identify(context, isGrpc: true);

    /// <summary>Whether the request carries a token, right or wrong.</summary>
    public static bool HasToken(HttpRequest request) => Given(request, out _) is not null;

    private Caller? Identify(HttpContext context, bool isGrpc)
    {
        var table = tokens.Current;
        var certificate = context.Connection.ClientCertificate;
        var query = context.Request.QueryString.Value;
        string? authorization = context.Request.Headers.Authorization;
        var memo = context.Features.Get<CallerMemo>();
        if (memo?.Find(table, query, authorization, certificate) is { } last)
        {
            return last;
        }

        if (Given(context.Request, out var isInHeaderOfOurs) is { } given)
        {
            var caller = Known(context, table.Find(given), certificate);
            if (caller is not null && !isInHeaderOfOurs)
            {
                memo?.Note(table, query, authorization, certificate, caller);
            }

            return caller;
        }

        if (certificate is not null && certificates.TokenOf(certificate) is { } name && table.Named(name) is { } token)
        {
            return Known(context, token, certificate);
        }

        return isGrpc && networks.Contains(context.Connection.RemoteIpAddress)
            ? new Caller(Caller.NetworkName, networks.Scopes, context.Connection.RemoteIpAddress, certificate?.Subject)
            : null;
    }

    private static Caller? Known(HttpContext context, NamedToken? token, X509Certificate2? certificate) =>
        token is null ? null : new Caller(token.Name, token.Scopes, context.Connection.RemoteIpAddress, certificate?.Subject);

    /// <summary>The token that was sent; empty when it was sent in a way that cannot be accepted; null when none was.</summary>
    private static string? Given(HttpRequest request, out bool isInHeaderOfOurs)
    {
        isInHeaderOfOurs = false;
        if (request.QueryString.HasValue && request.Query.TryGetValue("token", out var values))
        {
            return values.Count == 1 ? values[0] ?? "" : "";
        }

        string? header = request.Headers.Authorization;
        if (header is not null && header.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return header[BearerPrefix.Length..].Trim();
        }

        isInHeaderOfOurs = true;
        return request.Headers.TryGetValue(TokenHeader, out var given) ? given.ToString() : null;
    }
}
