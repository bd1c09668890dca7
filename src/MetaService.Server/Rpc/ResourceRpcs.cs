using MetaService.Domain.Clusters;
using MetaService.Domain.Instances;
using MetaService.Domain.Stages;
using MetaService.Domain.Vaults;
using MetaService.Records.Cloud;
using MetaService.Server.Access;

namespace MetaService.Server.Rpc;

/// <summary>RPCs on instances, clusters, nodes, vaults, users and stages.</summary>
public sealed class ResourceRpcs(InstanceService instances, ClusterService clusters, ObjectStoreService stores, StageService stages)
{
    public void AddTo(RpcCatalogue rpcs)
    {
        rpcs.Add<CreateInstanceRequest, CreateInstanceResponse>("create_instance", Scopes.Operate, instances.CreateAsync);
        rpcs.Add<AlterInstanceRequest, AlterInstanceResponse>("alter_instance", Scopes.Operate, instances.AlterAsync);
        rpcs.Add<GetInstanceRequest, GetInstanceResponse>("get_instance", Scopes.Read, GetInstanceAsync);
        rpcs.Add<AlterClusterRequest, AlterClusterResponse>("alter_cluster", Scopes.Operate, clusters.AlterAsync);
        rpcs.Add<GetClusterRequest, GetClusterResponse>("get_cluster", Scopes.Read, clusters.GetAsync);
        rpcs.Add<GetClusterStatusRequest, GetClusterStatusResponse>("get_cluster_status", Scopes.Read, clusters.GetStatusAsync);
        rpcs.Add<GetObjStoreInfoRequest, GetObjStoreInfoResponse>("get_obj_store_info", Scopes.Read, stores.GetAsync);
        rpcs.Add<AlterObjStoreInfoRequest, AlterObjStoreInfoResponse>("alter_obj_store_info", Scopes.Operate, stores.AlterAsync);
        rpcs.Add<AlterObjStoreInfoRequest, AlterObjStoreInfoResponse>("alter_storage_vault", Scopes.Operate, stores.AlterAsync);
        rpcs.Add<UpdateAkSkRequest, UpdateAkSkResponse>("update_ak_sk", Scopes.Operate, stores.UpdateKeysAsync);
        rpcs.Add<GetIamRequest, GetIamResponse>("get_iam", Scopes.Read, stores.GetIamAsync);
        rpcs.Add<AlterIamRequest, AlterIamResponse>("alter_iam", Scopes.Operate, stores.AlterIamAsync);
        rpcs.Add<AlterRamUserRequest, AlterRamUserResponse>("alter_ram_user", Scopes.Operate, stores.AlterRamUserAsync);
        rpcs.Add<CreateStageRequest, CreateStageResponse>("create_stage", Scopes.Operate, stages.CreateStageAsync);
        rpcs.Add<GetStageRequest, GetStageResponse>("get_stage", Scopes.Read, stages.GetStageAsync);
        rpcs.Add<DropStageRequest, DropStageResponse>("drop_stage", Scopes.Operate, stages.DropStageAsync);
    }

    private async Task<GetInstanceResponse> GetInstanceAsync(GetInstanceRequest request, CancellationToken token) => new()
    {
        Instance = await instances.GetAsync(request.InstanceId, request.CloudUniqueId, token).ConfigureAwait(false),
    };
}
