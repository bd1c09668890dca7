using Google.Protobuf;
using Grpc.Core;
using MetaService.Server.Http;
using MetaService.Server.Rpc;
using Microsoft.AspNetCore.Routing;

namespace MetaService.ApiTests.Canary;

/// <summary>What can be called over HTTP: an endpoint, or an RPC in JSON form.</summary>
/// <param name="Name">The endpoint's name, or <c>rpc/</c> and the RPC's.</param>
/// <param name="Path">Its path.</param>
/// <param name="Request">Makes an empty request body; null when it takes none.</param>
/// <param name="Query">Names of its query parameters.</param>
public sealed record CanaryTarget(string Name, string Path, Func<IMessage>? Request, IReadOnlyList<string> Query);

/// <summary>An RPC over gRPC, with messages as bytes.</summary>
public sealed record CanaryRpc(string Name, Func<IMessage> Request)
{
    private static readonly Marshaller<byte[]> AsBytes = Marshallers.Create(bytes => bytes, bytes => bytes);

    /// <summary>A method of the service by its name, which need not exist.</summary>
    public static Method<byte[], byte[]> Method(string name) =>
        new(MethodType.Unary, GrpcMethods.ServiceName, name, AsBytes, AsBytes);
}

/// <summary>All that a server offers, read from the server itself, so that what is added is covered.</summary>
public sealed class CanaryTargets : IRpcMethodVisitor
{
    /// <summary>The one endpoint that is not described, being an FE's.</summary>
    private static readonly CanaryTarget ClusterStatus =
        new("cloud_cluster_status", ClusterStatusEndpoint.Path, null, ["instance_id"]);

    private readonly List<CanaryTarget> _http = [];
    private readonly List<CanaryRpc> _rpcs = [];

    private CanaryTargets(InProcessServer server)
    {
        _http.AddRange(server.Service<EndpointDataSource>().Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<EndpointDescription>()).OfType<EndpointDescription>()
            .Distinct()
            .Select(e => new CanaryTarget(
                e.Name,
                $"{HttpApi.Root}/v1/{e.Name}",
                e.Request is null ? null : () => (IMessage)Activator.CreateInstance(e.Request)!,
                e.Query)));
        _http.Add(ClusterStatus);
        foreach (var rpc in server.Service<RpcCatalogue>())
        {
            rpc.Accept(this);
        }
    }

    public IReadOnlyList<CanaryTarget> Http => _http;

    public IReadOnlyList<CanaryRpc> Rpcs => _rpcs;

    public static async Task<CanaryTargets> ReadAsync()
    {
        await using var server = await InProcessServer.StartAsync();
        return new CanaryTargets(server);
    }

    public void Visit<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        _http.Add(new CanaryTarget("rpc/" + method.Name, "/MetaService/" + method.Name, () => new TRequest(), []));
        _rpcs.Add(new CanaryRpc(method.Name, () => new TRequest()));
    }
}
