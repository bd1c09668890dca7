using MetaService.Domain.Vaults;
using MetaService.Records.Cloud;
using MetaService.Server.Access;
using Operation = MetaService.Records.Cloud.AlterObjStoreInfoRequest.Types.Operation;

namespace MetaService.Server.Http;

/// <summary>Endpoints on object stores, vaults and the keys of cloud users.</summary>
public static class ObjectStoreEndpoints
{
    public static void Map(HttpApi api, ObjectStoreService stores)
    {
        api.Group = "Object stores";
        api.Read<GetObjStoreInfoRequest, GetObjStoreInfoResponse>(
            "get_obj_store_info", Scopes.Read, "Shows the object stores and vaults of an instance with their keys.",
            stores.GetAsync);
        api.Read<GetObjStoreInfoRequest, GetObjStoreInfoResponse>(
            "show_storage_vaults", Scopes.Read, "The same as get_obj_store_info.", stores.GetAsync);
        Alter("add_obj_info", "Adds an object store to a legacy instance.", Operation.AddObjInfo);
        Alter("legacy_update_ak_sk", "Replaces the keys of an object store, by its id.", Operation.LegacyUpdateAkSk);
        Alter("alter_obj_info", "Replaces the keys or the role of an object store, by its id.", Operation.AlterObjInfo);
        Alter("add_s3_vault", "Adds an S3 storage vault.", Operation.AddS3Vault);
        Alter("add_hdfs_vault", "Adds an HDFS storage vault.", Operation.AddHdfsInfo);
        Alter("alter_s3_vault", "Changes keys, role, addressing style or name of an S3 vault.", Operation.AlterS3Vault);
        api.Change<UpdateAkSkRequest>("update_ak_sk", "Rotates the keys of bucket users and of the RAM user.", stores.UpdateKeysAsync);
        api.Change<AlterRamUserRequest>("alter_ram_user", "Gives an instance another RAM user.", stores.AlterRamUserAsync);
        api.Change<AlterIamRequest>("alter_iam", "Replaces the IAM user of the whole service.", stores.AlterIamAsync);

        void Alter(string name, string summary, Operation op) => api.Change<AlterObjStoreInfoRequest>(name, summary, (request, origin, token) =>
        {
            request.Op = op;
            return stores.AlterAsync(request, origin, token);
        });
    }
}
