using System.Diagnostics;

namespace MetaService.Server.Http;

/// <summary>
/// Tells all log events of a request, and all calls that are made for it, which request and which trace they belong to. ASP.NET
/// would do so for every request; those that are answered from kept replies log no event and call nobody, and so go without.
/// </summary>
public sealed class RequestScope(RequestDelegate next, ILogger<RequestScope> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        using var activity = new Activity("request");
        if (CallersTrace(context.Request) is { } trace)
        {
            activity.SetParentId(trace.TraceId, trace.SpanId, trace.TraceFlags);
            activity.TraceStateString = trace.TraceState;
        }

        activity.Start();
        RequestState.Of(context).Activity = activity;
        using var scope = log.BeginScope(new Dictionary<string, object> { ["RequestId"] = context.TraceIdentifier });
        await next(context).ConfigureAwait(false);
    }

    /// <summary>The trace that the caller says his request is part of, if he does.</summary>
    public static ActivityContext? CallersTrace(HttpRequest request) =>
        request.Headers.TraceParent is { Count: > 0 } parent &&
        ActivityContext.TryParse(parent, request.Headers.TraceState, isRemote: true, out var trace)
            ? trace
            : null;
}
