using Grpc.AspNetCore.Server.Model;
using Grpc.Reflection;
using MetaService.Domain.Txns;
using MetaService.Records.Cloud;
using MetaService.Server.Http;
using Microsoft.Extensions.DependencyInjection.Extensions;
using HealthDescriptor = Grpc.Health.V1.Health;

namespace MetaService.Server.Rpc;

/// <summary>Registers the RPCs with gRPC, its reflection and its health service.</summary>
public static class RpcSetup
{
    /// <summary>Largest message, in bytes: a transaction may carry many rowsets.</summary>
    public const int MaxMessageBytes = 64 * 1024 * 1024;

    public static void AddRpcs(this IServiceCollection services)
    {
        services.AddSingleton<ResourceRpcs>();
        services.AddSingleton<TabletRpcs>();
        services.AddSingleton(provider =>
        {
            var rpcs = new RpcCatalogue(provider.GetRequiredService<ILogger<RpcCatalogue>>());
            provider.GetRequiredService<ResourceRpcs>().AddTo(rpcs);
            LoadRpcs.AddTo(rpcs, provider.GetRequiredService<TxnService>());
            provider.GetRequiredService<TabletRpcs>().AddTo(rpcs);
            return rpcs;
        });
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = MaxMessageBytes;
            grpc.MaxSendMessageSize = MaxMessageBytes;
        });
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<MetaServiceGrpc>, GrpcMethods>());
        services.AddSingleton(_ => new ReflectionServiceImpl(CloudReflection.Descriptor.Services
            .Where(s => s.FullName == GrpcMethods.ServiceName).Append(HealthDescriptor.Descriptor)));
        services.AddGrpcHealthChecks().AddCheck<StoreHealthCheck>("store");
    }

    public static void MapRpcs(this IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<MetaServiceGrpc>().WithMetadata(new RouteName("grpc"));
        routes.MapGrpcService<ReflectionServiceImpl>().WithMetadata(new RouteName("grpc/reflection"));
        routes.MapGrpcHealthChecksService().WithMetadata(new RouteName("grpc/health"));
    }
}
