using System.Security.Cryptography.X509Certificates;

namespace MetaService.Server.Access;

/// <summary>
/// Who made the last request on a connection, so that a client that sends the same token with each of them has it hashed once.
/// The server hands out the same string again for the same bytes on the same connection, and strings are compared by reference
/// only: the time that takes tells nothing of a token.
/// </summary>
public sealed class CallerMemo
{
    private volatile Entry? _last;

    /// <summary>The caller of the last request, if this one has the same token, sent in the same way.</summary>
    /// <param name="table">The tokens that are accepted now.</param>
    /// <param name="query">The query string, as the request has it.</param>
    /// <param name="authorization">The header, as the request has it.</param>
    /// <param name="certificate">The client certificate.</param>
    public Caller? Find(TokenTable table, string? query, string? authorization, X509Certificate2? certificate) =>
        _last is { } last && ReferenceEquals(last.Table, table) && ReferenceEquals(last.Query, query) &&
        ReferenceEquals(last.Authorization, authorization) && ReferenceEquals(last.Certificate, certificate)
            ? last.Caller
            : null;

    /// <summary>Notes who made a request with a token that is in its query or its <c>Authorization</c>.</summary>
    public void Note(TokenTable table, string? query, string? authorization, X509Certificate2? certificate, Caller caller) =>
        _last = new Entry(table, query, authorization, certificate, caller);

    private sealed record Entry(
        TokenTable Table, string? Query, string? Authorization, X509Certificate2? Certificate, Caller Caller);
}
