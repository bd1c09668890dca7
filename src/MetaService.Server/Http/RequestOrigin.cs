using MetaService.Domain.Audit;

namespace MetaService.Server.Http;

/// <summary>Tells the audit who makes a request.</summary>
public static class RequestOrigin
{
    /// <summary>The origin of the changes that a request makes.</summary>
    /// <param name="context">The request; its caller is known.</param>
    /// <param name="action">The endpoint, or <see cref="ChangeOrigin.RpcPrefix"/> and the RPC.</param>
    public static ChangeOrigin Of(HttpContext context, string action)
    {
        var caller = RequestState.Of(context).Caller
            ?? throw new InvalidOperationException($"{action} is about to change something for nobody");
        return new ChangeOrigin(caller.Name, caller.Address, caller.CertificateSubject, action, context.TraceIdentifier);
    }
}
