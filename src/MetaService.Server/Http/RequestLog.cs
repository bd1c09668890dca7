using System.Diagnostics;

namespace MetaService.Server.Http;

/// <summary>
/// Writes one line per request: route name, code, HTTP status, milliseconds, instance, the name of the caller's token and request
/// id. Never the path, the query string, a header or a body, which may hold secrets.
/// </summary>
public sealed class RequestLog(RequestDelegate next, ILogger<RequestLog> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var started = Stopwatch.GetTimestamp();
        var state = RequestState.Of(context);
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            log.LogInformation(
                "{Route} {Code} {Status} {Ms:0.###} ms {InstanceId} {Caller} {RequestId}",
                context.GetEndpoint()?.Metadata.GetMetadata<RouteName>()?.Name ?? "unmatched",
                CodeOf(context, state),
                context.Response.StatusCode,
                Stopwatch.GetElapsedTime(started).TotalMilliseconds,
                state.InstanceId,
                state.Caller?.Name,
                context.TraceIdentifier);
        }
    }

    // A path that no route matches gets an HTTP status only.
    private static string? CodeOf(HttpContext context, RequestState state) =>
        state.Code ?? (context.Response.StatusCode < StatusCodes.Status400BadRequest ? HttpCode.Ok : null);

    /// <summary>Notes the outcome's code when it is not OK.</summary>
    public static void SetCode(HttpContext context, string code) => RequestState.Of(context).Code = code;

    /// <summary>Notes the instance that a request names.</summary>
    public static void SetInstance(HttpContext context, string? instanceId)
    {
        if (!string.IsNullOrEmpty(instanceId))
        {
            RequestState.Of(context).InstanceId = instanceId.Length <= 256 ? instanceId : "(too long)";
        }
    }
}
