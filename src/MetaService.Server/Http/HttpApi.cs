using Google.Protobuf;
using MetaService.Domain;
using MetaService.Domain.Audit;
using MetaService.Server.Access;
using MetaService.Server.Limits;
using MetaService.Server.Replies;
using MetaService.Storage;

namespace MetaService.Server.Http;

/// <summary>Answers a request that is refused because there are too many.</summary>
public delegate Task RefuseLoad(HttpContext context, Admittance refusal);

/// <summary>
/// Maps endpoints below <c>/MetaService/http/</c> and <c>/MetaService/http/v1/</c>. Access, load, duplicate parameters and
/// failures are dealt with here, once, so that a handler is: parse, call, reply.
/// </summary>
public sealed class HttpApi(
    IEndpointRouteBuilder routes,
    AccessGate gate,
    LoadControl load,
    RequestBody body,
    ReadyReplies replies,
    ReadPaths reads,
    ILogger<HttpApi> log)
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
    public void Change<TRequest>(string name, string summary, Func<TRequest, ChangeOrigin, CancellationToken, Task> call)
        where TRequest : class, IMessage<TRequest>, new() =>
        Map(new EndpointDescription(name, HttpMethods.Put, Scopes.Operate, summary, typeof(TRequest)), async context =>
        {
            var request = await ReadAsync<TRequest>(context).ConfigureAwait(false);
            if (await EnteredAsync(context, name, request).ConfigureAwait(false))
            {
                await call(request, RequestOrigin.Of(context, name), context.RequestAborted).ConfigureAwait(false);
                await Reply.OkAsync(context).ConfigureAwait(false);
            }
        });

    /// <summary>Maps an endpoint that changes something and answers with a result.</summary>
    public void Change<TRequest, TResult>(
        string name, string summary, Func<TRequest, ChangeOrigin, CancellationToken, Task<TResult>> call)
        where TRequest : class, IMessage<TRequest>, new()
        where TResult : IMessage =>
        Answer<TRequest, TResult>(
            name, Scopes.Operate, summary,
            (context, request) => call(request, RequestOrigin.Of(context, name), context.RequestAborted));

    /// <summary>Maps an endpoint that answers with a result and changes nothing.</summary>
    public void Query<TRequest, TResult>(
        string name, Scopes scope, string summary, Func<TRequest, CancellationToken, Task<TResult>> call)
        where TRequest : class, IMessage<TRequest>, new()
        where TResult : IMessage =>
        Answer<TRequest, TResult>(name, scope, summary, (context, request) => call(request, context.RequestAborted));

    private void Answer<TRequest, TResult>(
        string name, Scopes scope, string summary, Func<HttpContext, TRequest, Task<TResult>> call)
        where TRequest : class, IMessage<TRequest>, new()
        where TResult : IMessage =>
        Map(new EndpointDescription(name, HttpMethods.Put, scope, summary, typeof(TRequest), typeof(TResult)), async context =>
        {
            var request = await ReadAsync<TRequest>(context).ConfigureAwait(false);
            if (await EnteredAsync(context, name, request).ConfigureAwait(false))
            {
                var result = await call(context, request).ConfigureAwait(false);
                await Reply.OkAsync(context, result).ConfigureAwait(false);
            }
        });

    /// <summary>
    /// Maps an endpoint that answers with a result which depends on nothing but its request and the keys that it reads.
    /// </summary>
    public void Read<TRequest, TResult>(
        string name, Scopes scope, string summary, Func<TRequest, ReadTrace?, CancellationToken, Task<TResult>> call)
        where TRequest : class, IMessage<TRequest>, new()
        where TResult : IMessage
    {
        reads.Add(name, scope, hasBody: true, Paths(name));
        Map(new EndpointDescription(name, HttpMethods.Put, scope, summary, typeof(TRequest), typeof(TResult)), async context =>
        {
            var request = await ReadAsync<TRequest>(context).ConfigureAwait(false);
            if (await EnteredAsync(context, name, request).ConfigureAwait(false))
            {
                var pending = replies.Begin(RequestState.Of(context));
                var result = await call(request, pending?.Trace, context.RequestAborted).ConfigureAwait(false);
                await Reply.OkAsync(context, result, pending).ConfigureAwait(false);
            }
        });
    }

    /// <summary>The same for an endpoint whose request is in the query.</summary>
    public void Read<TResult>(
        EndpointDescription description, Func<HttpContext, ReadTrace?, CancellationToken, Task<TResult>> call)
        where TResult : IMessage
    {
        reads.Add(description.Name, description.Scope, hasBody: false, Paths(description.Name));
        Map(description, async context =>
        {
            var pending = replies.Begin(RequestState.Of(context));
            var result = await call(context, pending?.Trace, context.RequestAborted).ConfigureAwait(false);
            await Reply.OkAsync(context, result, pending).ConfigureAwait(false);
        });
    }

    /// <summary>
    /// Maps any endpoint, on both path forms and all verbs. One without a body works under the limits on load from here on; one
    /// that reads a body has to enter by itself once it is read.
    /// </summary>
    public void Map(EndpointDescription description, Func<HttpContext, Task> handler, RefuseLoad? refuse = null)
    {
        load.Register(description.Name);
        if (description is { Request: null, IsControl: false })
        {
            handler = Entering(description.Name, handler);
        }

        refuse ??= description.IsControl ? null : Reply.RefuseAsync;
        var paths = Paths(description.Name);
        MapPath(paths[0], description.Name, description.Scope, handler, refuse);
        MapPath(paths[1], description.Name, description.Scope, handler, refuse).WithMetadata(description with { Group = Group });
    }

    /// <summary>Maps a path, on all verbs that are answered; others get 405.</summary>
    /// <param name="refuse">Answers when there are too many calls already; null when that is no reason to refuse.</param>
    public IEndpointConventionBuilder MapPath(
        string path, string name, Scopes scope, Func<HttpContext, Task> handler, RefuseLoad? refuse)
    {
        // Routing takes an endpoint without verbs for those that no other endpoint of the path answers.
        routes.Map(path, context => GuardAsync(context, name, Scopes.None, RefuseVerbAsync, null))
            .WithMetadata(new RouteName(name));
        return routes.MapMethods(path, Verbs, context => GuardAsync(context, name, scope, handler, refuse))
            .WithMetadata(new RouteName(name));
    }

    /// <summary>Answers every other path of a pattern with NOT_FOUND.</summary>
    public void MapUnknown(string pattern, string message) =>
        routes.Map(pattern, context => GuardAsync(
            context,
            "unknown",
            Scopes.None,
            context => Reply.FailAsync(context, new HttpFailure(StatusCodes.Status404NotFound, HttpCode.NotFound, message)),
            null))
            .WithMetadata(new RouteName("unknown"));

    /// <summary>Answers every other name below <see cref="Root"/> with NOT_FOUND.</summary>
    public void MapRest() => MapUnknown($"{Root}/{{**rest}}", "no such endpoint: /swagger lists those there are");

    /// <summary>Reads the body of a request.</summary>
    /// <exception cref="Json.JsonRequestException">It is not one JSON object of that shape.</exception>
    /// <exception cref="BadHttpRequestException">It is too long or came too slowly.</exception>
    public ValueTask<TRequest> ReadAsync<TRequest>(HttpContext context)
        where TRequest : class, IMessage<TRequest>, new() =>
        body.ReadAsync<TRequest>(context.Request, context.RequestAborted);

    /// <summary>Whether requests of a verb are answered.</summary>
    internal static bool IsAnswered(string verb) =>
        HttpMethods.IsGet(verb) || HttpMethods.IsPut(verb) || HttpMethods.IsPost(verb);

    private static string[] Paths(string name) => [$"{Root}/{name}", $"{Root}/v1/{name}"];

    private static Task RefuseVerbAsync(HttpContext context)
    {
        context.Response.Headers.Allow = AllowedVerbs;
        return Reply.FailAsync(context, new HttpFailure(
            StatusCodes.Status405MethodNotAllowed, HttpCode.InvalidArgument, $"use one of {AllowedVerbs}"));
    }

    /// <summary>Takes a place for a call; when there is none, answers it and returns false.</summary>
    private async ValueTask<bool> EnteredAsync<TRequest>(HttpContext context, string name, TRequest request)
    {
        var admittance = await load.EnterAsync(
            RequestState.Of(context),
            name,
            CallTarget<TRequest>.InstanceId(request),
            CallTarget<TRequest>.CloudUniqueId(request),
            context.RequestAborted).ConfigureAwait(false);
        if (admittance != Admittance.Admitted)
        {
            await Reply.RefuseAsync(context, admittance).ConfigureAwait(false);
        }

        return admittance == Admittance.Admitted;
    }

    private Func<HttpContext, Task> Entering(string name, Func<HttpContext, Task> handler) => async context =>
    {
        var (instanceId, cloudUniqueId) = (context.Request.Get("instance_id"), context.Request.Get("cloud_unique_id"));
        var admittance = await load.EnterAsync(RequestState.Of(context), name, instanceId, cloudUniqueId, context.RequestAborted)
            .ConfigureAwait(false);
        var answering = admittance == Admittance.Admitted ? handler(context) : Reply.RefuseAsync(context, admittance);
        await answering.ConfigureAwait(false);
    };

    private async Task GuardAsync(
        HttpContext context, string name, Scopes scope, Func<HttpContext, Task> handler, RefuseLoad? refuse)
    {
        var state = RequestState.Of(context);
        state.Caller ??= gate.Identify(context);
        try
        {
            if (state.Caller?.Has(scope) != true)
            {
                await load.PaceAsync(context.RequestAborted).ConfigureAwait(false);
                var failure = state.Caller is { } caller ? Lacking(caller, scope, name) : Refused;
                await Reply.FailAsync(context, failure).ConfigureAwait(false);
                return;
            }

            if (refuse is not null && await load.RefusesAsync(context.RequestAborted).ConfigureAwait(false))
            {
                await refuse(context, Admittance.Overloaded).ConfigureAwait(false);
                return;
            }

            RequireSingleValues(context.Request.Query);
            await handler(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            state.Code = "CLIENT_GONE";
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await Reply.FailAsync(context, HttpCode.Of(e) ?? Defects.Report(log, context, e)).ConfigureAwait(false);
        }
        finally
        {
            state.Release();
        }
    }

    private static HttpFailure Lacking(Caller caller, Scopes scope, string name) => new(
        StatusCodes.Status403Forbidden,
        HttpCode.PermissionDenied,
        $"the token {caller.Name} lacks the scope {ScopeNames.Text(scope)}, which {name} needs");

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
}
