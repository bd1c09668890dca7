using Google.Protobuf;
using MetaService.Domain;

namespace MetaService.Server.Http;

/// <summary>What the documentation says of an endpoint.</summary>
/// <param name="Name">The last part of its path.</param>
/// <param name="Verb">The verb that the API document shows; GET, PUT and POST are answered alike.</param>
/// <param name="Summary">One sentence.</param>
/// <param name="Request">Type of the JSON body, if it takes one.</param>
/// <param name="Result">Type of the envelope's result, if it has one; null for a reply in plain text.</param>
/// <param name="Query">Names of its query parameters.</param>
public sealed record EndpointDescription(
    string Name, string Verb, string Summary, Type? Request = null, Type? Result = null, params string[] Query)
{
    /// <summary>Whether the reply is plain text instead of the JSON envelope.</summary>
    public bool IsText { get; init; }

    /// <summary>The heading under which the documentation lists it.</summary>
    public string Group { get; init; } = "";
}

/// <summary>
/// Maps endpoints below <c>/MetaService/http/</c> and <c>/MetaService/http/v1/</c>. Token, duplicate parameters and failures are dealt with
/// here, once, so that a handler is: parse, call, reply.
/// </summary>
public sealed class HttpApi(IEndpointRouteBuilder routes, TokenGate gate, ILogger<HttpApi> log)
{
    public const string Root = "/MetaService/http";

    private static readonly string[] Verbs = [HttpMethods.Get, HttpMethods.Put, HttpMethods.Post];
    private static readonly string AllowedVerbs = string.Join(", ", Verbs);
    private static readonly HttpFailure Refused = new(
        StatusCodes.Status403Forbidden, HttpCode.PermissionDenied,
        "the token is missing or not accepted: pass it as ?token= or as Authorization: Bearer");

    /// <summary>The heading under which the documentation lists the endpoints mapped next.</summary>
    public string Group { get; set; } = "";

    /// <summary>Maps an endpoint that changes something and answers without a result.</summary>
    public void Change<TRequest>(string name, string summary, Func<TRequest, CancellationToken, Task> call)
        where TRequest : class, IMessage<TRequest>, new() =>
        Map(new EndpointDescription(name, HttpMethods.Put, summary, typeof(TRequest)), async context =>
        {
            var request = await RequestBody.ReadAsync<TRequest>(context.Request, context.RequestAborted).ConfigureAwait(false);
            RequestLog.SetInstance(context, request);
            await call(request, context.RequestAborted).ConfigureAwait(false);
            await Reply.OkAsync(context).ConfigureAwait(false);
        });

    /// <summary>Maps an endpoint that answers with a result.</summary>
    public void Query<TRequest, TResult>(string name, string summary, Func<TRequest, CancellationToken, Task<TResult>> call)
        where TRequest : class, IMessage<TRequest>, new()
        where TResult : IMessage =>
        Map(new EndpointDescription(name, HttpMethods.Put, summary, typeof(TRequest), typeof(TResult)), async context =>
        {
            var request = await RequestBody.ReadAsync<TRequest>(context.Request, context.RequestAborted).ConfigureAwait(false);
            RequestLog.SetInstance(context, request);
            await Reply.OkAsync(context, await call(request, context.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
        });

    /// <summary>Maps any endpoint, on both path forms and all verbs.</summary>
    public void Map(EndpointDescription description, Func<HttpContext, Task> handler)
    {
        MapPath($"{Root}/{description.Name}", description.Name, handler);
        MapPath($"{Root}/v1/{description.Name}", description.Name, handler).WithMetadata(description with { Group = Group });
    }

    /// <summary>Maps a path, on all verbs that are answered; others get 405.</summary>
    public IEndpointConventionBuilder MapPath(string path, string name, Func<HttpContext, Task> handler)
    {
        // Routing takes an endpoint without verbs for those that no other endpoint of the path answers.
        routes.Map(path, context => GuardAsync(context, RefuseVerbAsync)).WithMetadata(new RouteName(name));
        return routes.MapMethods(path, Verbs, context => GuardAsync(context, handler)).WithMetadata(new RouteName(name));
    }

    /// <summary>Answers every other path of a pattern with NOT_FOUND.</summary>
    public void MapUnknown(string pattern, string message) =>
        routes.Map(pattern, context => GuardAsync(context, context =>
            Reply.FailAsync(context, new HttpFailure(StatusCodes.Status404NotFound, HttpCode.NotFound, message))))
            .WithMetadata(new RouteName("unknown"));

    /// <summary>Answers every other name below <see cref="Root"/> with NOT_FOUND.</summary>
    public void MapRest() => MapUnknown($"{Root}/{{**rest}}", "no such endpoint: /swagger lists those there are");

    private static Task RefuseVerbAsync(HttpContext context)
    {
        context.Response.Headers.Allow = AllowedVerbs;
        return Reply.FailAsync(context, new HttpFailure(
            StatusCodes.Status405MethodNotAllowed, HttpCode.InvalidArgument, $"use one of {AllowedVerbs}"));
    }

    private async Task GuardAsync(HttpContext context, Func<HttpContext, Task> handler)
    {
        if (!gate.Admits(context.Request))
        {
            await Reply.FailAsync(context, Refused).ConfigureAwait(false);
            return;
        }

        try
        {
            RequireSingleValues(context.Request.Query);
            await handler(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            RequestLog.SetCode(context, "CLIENT_GONE");
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await Reply.FailAsync(context, HttpCode.Of(e) ?? Defect(context, e)).ConfigureAwait(false);
        }
    }

    private static void RequireSingleValues(IQueryCollection query)
    {
        foreach (var (name, values) in query)
        {
            if (values.Count > 1)
            {
                throw Errors.Invalid($"parameter {(name.Length <= 64 ? name : "with a long name")} is given twice");
            }
        }
    }

    private HttpFailure Defect(HttpContext context, Exception e)
    {
        // The message of an exception may quote what the client sent, so only its type and place are logged.
        log.LogError("Request {RequestId} failed: {Type}\n{Stack}", context.TraceIdentifier, e.GetType().FullName, e.StackTrace);
        return new HttpFailure(
            StatusCodes.Status500InternalServerError, HttpCode.InternalError,
            $"internal error: please report it with request id {context.TraceIdentifier}");
    }
}

/// <summary>The name under which an endpoint appears in logs and metrics; never the path that was sent.</summary>
public sealed record RouteName(string Name);
