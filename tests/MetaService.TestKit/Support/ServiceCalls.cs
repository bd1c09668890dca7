using MetaService.Domain.Audit;
using MetaService.Domain.Clusters;
using MetaService.Domain.Instances;
using MetaService.Domain.Secrets;
using MetaService.Domain.Stages;
using MetaService.Domain.Tablets;
using MetaService.Domain.Vaults;
using MetaService.Records.Cloud;
using MetaService.Records.Own;

namespace MetaService.TestKit.Support;

/// <summary>Calls of services for tests to which it does not matter who makes them.</summary>
public static class ServiceCalls
{
    /// <summary>Somebody.</summary>
    public static ChangeOrigin Somebody { get; } = new("somebody", null, null, "test", "request-1");

    public static Task CreateAsync(this InstanceService service, CreateInstanceRequest request, CancellationToken token) =>
        service.CreateAsync(request, Somebody, token);

    public static Task AlterAsync(this InstanceService service, AlterInstanceRequest request, CancellationToken token) =>
        service.AlterAsync(request, Somebody, token);

    public static Task AlterAsync(this ClusterService service, AlterClusterRequest request, CancellationToken token) =>
        service.AlterAsync(request, Somebody, token);

    public static Task<AlterObjStoreInfoResponse> AlterAsync(
        this ObjectStoreService service, AlterObjStoreInfoRequest request, CancellationToken token) =>
        service.AlterAsync(request, Somebody, token);

    public static Task UpdateKeysAsync(this ObjectStoreService service, UpdateAkSkRequest request, CancellationToken token) =>
        service.UpdateKeysAsync(request, Somebody, token);

    public static Task AlterRamUserAsync(this ObjectStoreService service, AlterRamUserRequest request, CancellationToken token) =>
        service.AlterRamUserAsync(request, Somebody, token);

    public static Task AlterIamAsync(this ObjectStoreService service, AlterIamRequest request, CancellationToken token) =>
        service.AlterIamAsync(request, Somebody, token);

    public static Task<CreateStageResponse> CreateStageAsync(
        this StageService service, CreateStageRequest request, CancellationToken token) =>
        service.CreateStageAsync(request, Somebody, token);

    public static Task<DropStageResponse> DropStageAsync(
        this StageService service, DropStageRequest request, CancellationToken token) =>
        service.DropStageAsync(request, Somebody, token);

    public static Task<RotateSecretsResponse> RotateAsync(
        this SecretRotation rotation, RotateSecretsRequest request, CancellationToken token) =>
        rotation.RotateAsync(request, Somebody, token);

    public static Task<IReadOnlyList<FixedTabletStats>> FixTabletStatsAsync(
        this TabletStatsService service,
        string? instanceId,
        string? cloudUniqueId,
        long tableId,
        long? tabletId,
        CancellationToken token) =>
        service.FixTabletStatsAsync(instanceId, cloudUniqueId, tableId, tabletId, Somebody, token);
}
