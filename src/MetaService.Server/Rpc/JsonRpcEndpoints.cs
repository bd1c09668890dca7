using System.Buffers;
using Google.Protobuf;
using MetaService.Json;
using MetaService.Server.Http;

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
        api.MapPath(Root + method.Name, "rpc/" + method.Name, context => AnswerAsync(context, method));

    private static async Task AnswerAsync<TRequest, TResponse>(HttpContext context, RpcMethod<TRequest, TResponse> method)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var request = await RequestBody.ReadAsync<TRequest>(context.Request, context.RequestAborted).ConfigureAwait(false);
        RequestLog.SetInstance(context, request);
        var response = await method.InvokeAsync(request, context.RequestAborted).ConfigureAwait(false);
        var buffer = new ArrayBufferWriter<byte>(512);
        ProtoJsonWriter.Write(buffer, response, ProtoJsonStyle.Rpc);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, buffer.WrittenMemory).ConfigureAwait(false);
    }
}
