using System.Buffers;
using Google.Protobuf;
using MetaService.Domain.Audit;
using MetaService.Json;
using MetaService.Records.Cloud;
using MetaService.Server.Http;
using MetaService.Server.Limits;

namespace MetaService.Server.Rpc;

/// <summary>
/// Serves the RPCs of the catalogue as JSON at <c>/MetaService/NAME</c> and <c>/doris.cloud.MetaService/NAME</c>: HTTP 200 and the outcome
/// in <c>status.code</c>.
/// </summary>
public sealed class JsonRpcEndpoints(HttpApi api) : IRpcMethodVisitor
{
    private const string Root = "/MetaService/";

    public static void Map(HttpApi api, RpcCatalogue rpcs)
    {
        var visitor = new JsonRpcEndpoints(api);
        foreach (var rpc in rpcs)
        {
            rpc.Accept(visitor);
        }

        api.MapUnknown(Root + "{rpc}", "this service does not offer such an RPC: docs/api.md lists those it does");
    }

    /// <summary>
    /// Sends a JSON call of the gRPC path to the JSON path: one path cannot have two endpoints, and only gRPC comes with gRPC's content type.
    /// </summary>
    public static void UseSharedPath(IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (context.Request.Path.StartsWithSegments("/" + GrpcMethods.ServiceName, out var rest) &&
            context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) != true)
        {
            context.Request.Path = Root.TrimEnd('/') + rest;
        }

        return next(context);
    });

    public void Visit<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        api.MapPath(
            Root + method.Name,
            "rpc/" + method.Name,
            method.Scope,
            context => AnswerAsync(context, method),
            (context, refusal) => RefuseAsync(context, method, refusal));

    private async Task AnswerAsync<TRequest, TResponse>(HttpContext context, RpcMethod<TRequest, TResponse> method)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var request = await api.ReadAsync<TRequest>(context).ConfigureAwait(false);
        var origin = RequestOrigin.Of(context, ChangeOrigin.RpcPrefix + method.Name);
        var response = await method.InvokeAsync(RequestState.Of(context), origin, request, context.RequestAborted)
            .ConfigureAwait(false);
        await SendAsync(context, response, method.StatusOf(response)).ConfigureAwait(false);
    }

    private static Task RefuseAsync<TRequest, TResponse>(
        HttpContext context, RpcMethod<TRequest, TResponse> method, Admittance refusal)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var status = RpcCode.StatusOf(refusal);
        RequestLog.SetCode(context, RpcCode.NameOf(status.Code));
        return SendAsync(context, method.WithStatus(new TResponse(), status), status);
    }

    private static async Task SendAsync(HttpContext context, IMessage response, MetaServiceResponseStatus status)
    {
        if (status.Code == MetaServiceCode.MaxQpsLimit)
        {
            context.Response.Headers.RetryAfter = LoadControl.RetryAfter;
        }

        var buffer = new ArrayBufferWriter<byte>(512);
        ProtoJsonWriter.Write(buffer, response, ProtoJsonStyle.Rpc);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, buffer.WrittenMemory).ConfigureAwait(false);
    }
}
