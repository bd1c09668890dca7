using Grpc.AspNetCore.Server.Model;
using Grpc.Reflection;
using MetaService.Domain.Txns;
using MetaService.Records.Cloud;
using MetaService.Server.Access;
using MetaService.Server.Http;
using MetaService.Server.Limits;
using MetaService.Server.Settings;
using Microsoft.Extensions.DependencyInjection.Extensions;
using HealthDescriptor = Grpc.Health.V1.Health;

namespace MetaService.Server.Rpc;

/// <summary>Registers the RPCs with gRPC, its reflection and its health service.</summary>
public static class RpcSetup
{
    public static void AddRpcs(this IServiceCollection services, LimitOptions limits)
    {
        services.AddSingleton<ResourceRpcs>();
        services.AddSingleton<TabletRpcs>();
        services.AddSingleton(provider =>
        {
            var rpcs = new RpcCatalogue(
                provider.GetRequiredService<LoadControl>(), provider.GetRequiredService<ILogger<RpcCatalogue>>());
            provider.GetRequiredService<ResourceRpcs>().AddTo(rpcs);
            LoadRpcs.AddTo(rpcs, provider.GetRequiredService<TxnService>());
            provider.GetRequiredService<TabletRpcs>().AddTo(rpcs);
            return rpcs;
        });
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = limits.GrpcMessageBytes;
            grpc.MaxSendMessageSize = limits.GrpcMessageBytes;
        });
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<MetaServiceGrpc>, GrpcMethods>());
        services.AddSingleton(_ => new ReflectionServiceImpl(CloudReflection.Descriptor.Services
            .Where(s => s.FullName == GrpcMethods.ServiceName).Append(HealthDescriptor.Descriptor)));
        services.AddGrpcHealthChecks().AddCheck<StoreHealthCheck>("store");
    }

    public static void MapRpcs(this IEndpointRouteBuilder routes)
    {
        var anyCaller = new RpcAccess(null, Scopes.None);
        routes.MapGrpcService<MetaServiceGrpc>().Add(endpoint =>
        {
            // The methods of the catalogue have a name and a scope of their own; what is left is answered as not implemented.
            if (!endpoint.Metadata.OfType<RpcAccess>().Any())
            {
                endpoint.Metadata.Add(new RouteName("grpc"));
                endpoint.Metadata.Add(anyCaller);
            }
        });
        routes.MapGrpcService<ReflectionServiceImpl>().WithMetadata(new RouteName("grpc/reflection"), anyCaller);
        routes.MapGrpcHealthChecksService().WithMetadata(new RouteName("grpc/health"));
    }
}
