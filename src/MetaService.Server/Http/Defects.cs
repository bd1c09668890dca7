namespace MetaService.Server.Http;

/// <summary>What becomes of an exception that nobody expected: its type and place are logged, its message is not.</summary>
public static class Defects
{
    /// <summary>Logs it and says how it is shown. The message of an exception may quote what the client sent.</summary>
    public static HttpFailure Report(ILogger log, HttpContext context, Exception e)
    {
        log.LogError("Request {RequestId} failed: {Type}\n{Stack}", context.TraceIdentifier, e.GetType().FullName, e.StackTrace);
        return new HttpFailure(
            StatusCodes.Status500InternalServerError, HttpCode.InternalError,
            $"internal error: please report it with request id {context.TraceIdentifier}");
    }
}

/// <summary>
/// Deals with unexpected exceptions of what is not mapped by <see cref="HttpApi"/>, before the server logs them with their messages.
/// </summary>
public sealed class DefectGuard(RequestDelegate next, ILogger<DefectGuard> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested && e is not BadHttpRequestException)
        {
            var failure = Defects.Report(log, context, e);
            if (context.Response.HasStarted)
            {
                context.Abort();
                return;
            }

            await Reply.FailAsync(context, failure).ConfigureAwait(false);
        }
    }
}
