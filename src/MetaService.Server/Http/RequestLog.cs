using System.Diagnostics;
using MetaService.Server.Logging;

namespace MetaService.Server.Http;

/// <summary>
/// Writes one line per request: route name, code, HTTP status, milliseconds, instance, the name of the caller's token and request
/// id. Never the path, the query string, a header or a body, which may hold secrets.
/// </summary>
public sealed class RequestLog(RequestDelegate next, LogPump log, TimeProvider time)
{
    public Task InvokeAsync(HttpContext context)
    {
        var started = Stopwatch.GetTimestamp();
        var state = RequestState.Of(context);
        Task answering;
        try
        {
            answering = next(context);
        }
        catch (Exception e)
        {
            answering = Task.FromException(e);
        }

        if (!answering.IsCompletedSuccessfully)
        {
            return FinishAsync(answering, context, state, started);
        }

        Write(context, state, started);
        return Task.CompletedTask;
    }

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

    private async Task FinishAsync(Task answering, HttpContext context, RequestState state, long started)
    {
        try
        {
            await answering.ConfigureAwait(false);
        }
        finally
        {
            Write(context, state, started);
        }
    }

    private void Write(HttpContext context, RequestState state, long started)
    {
        var line = new RequestLine(
            state.Route ?? context.GetEndpoint()?.Metadata.GetMetadata<RouteName>()?.Name ?? "unmatched",
            CodeOf(context, state),
            context.Response.StatusCode,
            Stopwatch.GetElapsedTime(started),
            state.InstanceId,
            state.Caller?.Name,
            context.TraceIdentifier,
            context.Connection.Id);
        var (trace, span) = state.Activity is { } activity
            ? (activity.TraceId, activity.SpanId)
            : (TraceOf(context.Request), ActivitySpanId.CreateRandom());
        line.WriteTo(log, time.GetUtcNow(), trace, span);
    }

    private static ActivityTraceId TraceOf(HttpRequest request) =>
        RequestScope.CallersTrace(request)?.TraceId ?? ActivityTraceId.CreateRandom();

    // A path that no route matches gets an HTTP status only.
    private static string? CodeOf(HttpContext context, RequestState state) =>
        state.Code ?? (context.Response.StatusCode < StatusCodes.Status400BadRequest ? HttpCode.Ok : null);
}
