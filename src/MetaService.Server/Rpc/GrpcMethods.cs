using Google.Protobuf;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using MetaService.Domain.Audit;
using MetaService.Server.Http;

namespace MetaService.Server.Rpc;

/// <summary>The service behind <c>/doris.cloud.MetaService/</c>; its methods come from the catalogue.</summary>
public sealed class MetaServiceGrpc;

/// <summary>Serves the RPCs of the catalogue as gRPC. All others of the service answer UNIMPLEMENTED.</summary>
public sealed class GrpcMethods(RpcCatalogue rpcs) : IServiceMethodProvider<MetaServiceGrpc>
{
    public const string ServiceName = "doris.cloud.MetaService";

    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<MetaServiceGrpc> context)
    {
        var visitor = new Registration(context);
        foreach (var rpc in rpcs)
        {
            rpc.Accept(visitor);
        }
    }

    private sealed class Registration(ServiceMethodProviderContext<MetaServiceGrpc> context) : IRpcMethodVisitor
    {
        public void Visit<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method)
            where TRequest : class, IMessage<TRequest>, new()
            where TResponse : class, IMessage<TResponse>, new() =>
            context.AddUnaryMethod(
                new Method<TRequest, TResponse>(MethodType.Unary, ServiceName, method.Name, Marshaller<TRequest>(), Marshaller<TResponse>()),
                [new RouteName("rpc/" + method.Name), new RpcAccess(method.Name, method.Scope)],
                (_, request, call) =>
                {
                    var http = call.GetHttpContext();
                    var origin = RequestOrigin.Of(http, ChangeOrigin.RpcPrefix + method.Name);
                    return method.InvokeAsync(RequestState.Of(http), origin, request, call.CancellationToken);
                });

        private static Marshaller<T> Marshaller<T>()
            where T : class, IMessage<T>, new()
        {
            var parser = new MessageParser<T>(() => new T());
            return Marshallers.Create(
                (message, serialization) =>
                {
                    serialization.SetPayloadLength(message.CalculateSize());
                    message.WriteTo(serialization.GetBufferWriter());
                    serialization.Complete();
                },
                deserialization => parser.ParseFrom(deserialization.PayloadAsReadOnlySequence()));
        }
    }
}
