using MetaService.Domain.Clusters;
using MetaService.Domain.Instances;
using MetaService.Domain.Stages;
using MetaService.Domain.Vaults;
using MetaService.Records.Cloud;

namespace MetaService.Server.Rpc;

/// <summary>RPCs on instances, clusters, nodes, vaults, users and stages.</summary>
public sealed class ResourceRpcs(InstanceService instances, ClusterService clusters, ObjectStoreService stores, StageService stages)
{
    public void AddTo(RpcCatalogue rpcs)
    {
        rpcs.Add<CreateInstanceRequest, CreateInstanceResponse>("create_instance", instances.CreateAsync);
        rpcs.Add<AlterInstanceRequest, AlterInstanceResponse>("alter_instance", instances.AlterAsync);
        rpcs.Add<GetInstanceRequest, GetInstanceResponse>("get_instance", async (request, token) => new GetInstanceResponse
        {
            Instance = await instances.GetAsync(request.InstanceId, request.CloudUniqueId, token).ConfigureAwait(false),
        });
        rpcs.Add<AlterClusterRequest, AlterClusterResponse>("alter_cluster", clusters.AlterAsync);
        rpcs.Add<GetClusterRequest, GetClusterResponse>("get_cluster", clusters.GetAsync);
        rpcs.Add<GetClusterStatusRequest, GetClusterStatusResponse>("get_cluster_status", clusters.GetStatusAsync);
        rpcs.Add<GetObjStoreInfoRequest, GetObjStoreInfoResponse>("get_obj_store_info", stores.GetAsync);
        rpcs.Add<AlterObjStoreInfoRequest, AlterObjStoreInfoResponse>("alter_obj_store_info", stores.AlterAsync);
        rpcs.Add<AlterObjStoreInfoRequest, AlterObjStoreInfoResponse>("alter_storage_vault", stores.AlterAsync);
        rpcs.Add<UpdateAkSkRequest, UpdateAkSkResponse>("update_ak_sk", stores.UpdateKeysAsync);
        rpcs.Add<GetIamRequest, GetIamResponse>("get_iam", stores.GetIamAsync);
        rpcs.Add<AlterIamRequest, AlterIamResponse>("alter_iam", stores.AlterIamAsync);
        rpcs.Add<AlterRamUserRequest, AlterRamUserResponse>("alter_ram_user", stores.AlterRamUserAsync);
        rpcs.Add<CreateStageRequest, CreateStageResponse>("create_stage", stages.CreateStageAsync);
        rpcs.Add<GetStageRequest, GetStageResponse>("get_stage", stages.GetStageAsync);
        rpcs.Add<DropStageRequest, DropStageResponse>("drop_stage", stages.DropStageAsync);
    }
}
