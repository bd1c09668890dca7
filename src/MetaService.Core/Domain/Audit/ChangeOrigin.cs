using System.Net;

namespace MetaService.Domain.Audit;

/// <summary>Who asked for a change, from where, and by which call.</summary>
/// <param name="Who">Name of the token; never the token.</param>
/// <param name="From">Where the connection came from: the client, or the proxy before it.</param>
/// <param name="Certificate">Subject of the client certificate that was shown, if any.</param>
/// <param name="Action">Name of the endpoint, or <c>rpc/</c> and that of the RPC.</param>
/// <param name="RequestId">As in the request log.</param>
public sealed record ChangeOrigin(string Who, IPAddress? From, string? Certificate, string Action, string RequestId)
{
    /// <summary>
    /// This origin for a call of an endpoint, which people and platforms make; null for an RPC, as which nodes run their loads:
    /// thousands of these a second are their work and no change that anybody asks about.
    /// </summary>
    public ChangeOrigin? UnlessNode => Action.StartsWith(RpcPrefix, StringComparison.Ordinal) ? null : this;

    /// <summary>What the action of an RPC begins with.</summary>
    public const string RpcPrefix = "rpc/";
}
