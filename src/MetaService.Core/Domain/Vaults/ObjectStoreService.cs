using MetaService.Domain.Instances;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;
using Operation = MetaService.Records.Cloud.AlterObjStoreInfoRequest.Types.Operation;

namespace MetaService.Domain.Vaults;

/// <summary>Object stores, vaults and the keys of cloud users; each method is one transaction.</summary>
public sealed class ObjectStoreService(TransactionRunner runner, TimeProvider time)
{
    /// <summary>The stores of an instance with their ak and sk: obj_info of a legacy one, vaults of any other.</summary>
    /// <exception cref="MetaServiceException">There is no such instance, or it cannot be told.</exception>
    public Task<GetObjStoreInfoResponse> GetAsync(GetObjStoreInfoRequest request, CancellationToken cancellationToken) =>
        runner.ReadAsync(
            async (reader, token) =>
            {
                var instanceId = await InstanceResolver.ResolveAsync(reader, request.CloudUniqueId, token).ConfigureAwait(false);
                var instance = await InstanceStore.LoadAsync(reader, instanceId, token).ConfigureAwait(false);
                var response = new GetObjStoreInfoResponse { EnableStorageVault = instance.EnableStorageVault };
                response.ObjInfo.Add(instance.ObjInfo);
                foreach (var vaultId in instance.ResourceIds)
                {
                    response.StorageVault.Add(await LoadVaultAsync(reader, instanceId, vaultId, token).ConfigureAwait(false));
                }

                if (instance.HasDefaultStorageVaultId)
                {
                    response.DefaultStorageVaultId = instance.DefaultStorageVaultId;
                    response.DefaultStorageVaultName = instance.DefaultStorageVaultName;
                }

                return response;
            },
            cancellationToken);

    /// <summary>Changes the stores of an instance as <see cref="AlterObjStoreInfoRequest.Op"/> says.</summary>
    /// <exception cref="MetaServiceException">The change is refused; nothing was written.</exception>
    public Task<AlterObjStoreInfoResponse> AlterAsync(AlterObjStoreInfoRequest request, CancellationToken cancellationToken)
    {
        var pathSuffix = Guid.NewGuid().ToString().ToUpperInvariant();
        return runner.RunAsync(
            async (transaction, token) =>
            {
                var instanceId = await InstanceResolver.ResolveAsync(transaction, request.CloudUniqueId, token).ConfigureAwait(false);
                var instance = await InstanceStore.LoadForChangeAsync(transaction, instanceId, token).ConfigureAwait(false);
                var response = await ApplyAsync(transaction, instance, request, pathSuffix, token).ConfigureAwait(false);
                InstanceStore.Save(transaction, instanceId, instance);
                return response;
            },
            cancellationToken);
    }

    /// <summary>Rotates the keys of bucket users and of the RAM user, all or none.</summary>
    /// <exception cref="MetaServiceException">The change is refused; nothing was written.</exception>
    public Task UpdateKeysAsync(UpdateAkSkRequest request, CancellationToken cancellationToken) =>
        ChangeInstanceAsync(request.InstanceId, instance => UserRules.UpdateKeys(instance, request, Now()), cancellationToken);

    /// <summary>Gives an instance another RAM user.</summary>
    /// <exception cref="MetaServiceException">The change is refused; nothing was written.</exception>
    public Task AlterRamUserAsync(AlterRamUserRequest request, CancellationToken cancellationToken)
    {
        var ramUser = UserRules.Create(request.RamUser ?? throw Errors.Missing("ram_user"));
        return ChangeInstanceAsync(request.InstanceId, instance => instance.RamUser = ramUser.Clone(), cancellationToken);
    }

    /// <summary>Replaces the IAM user of the whole service.</summary>
    /// <exception cref="MetaServiceException">A field is missing; nothing was written.</exception>
    public Task AlterIamAsync(AlterIamRequest request, CancellationToken cancellationToken)
    {
        var user = new RamUserPB
        {
            UserId = Check.Given(request.AccountId, "account_id"),
            Ak = Check.Given(request.Ak, "ak"),
            Sk = Check.Given(request.Sk, "sk"),
        };
        return runner.RunAsync(
            (transaction, _) =>
            {
                transaction.Set(Key.ArnInfo(), user);
                return ValueTask.FromResult(true);
            },
            cancellationToken);
    }

    /// <summary>The IAM user of the service and the RAM user of an instance, with their keys.</summary>
    /// <exception cref="MetaServiceException">There is no such instance, or it cannot be told.</exception>
    public Task<GetIamResponse> GetIamAsync(GetIamRequest request, CancellationToken cancellationToken) =>
        runner.ReadAsync(
            async (reader, token) =>
            {
                var instanceId = await InstanceResolver.ResolveAsync(reader, request.CloudUniqueId, token).ConfigureAwait(false);
                var instance = await InstanceStore.LoadAsync(reader, instanceId, token).ConfigureAwait(false);
                var iamUser = await reader.GetAsync(Key.ArnInfo(), cancellationToken: token).ConfigureAwait(false) ?? new RamUserPB();
                iamUser.ExternalId = instanceId;
                return new GetIamResponse { IamUser = iamUser, RamUser = instance.RamUser };
            },
            cancellationToken);

    private async ValueTask<AlterObjStoreInfoResponse> ApplyAsync(
        IKvTransaction transaction,
        InstanceInfoPB instance,
        AlterObjStoreInfoRequest request,
        string pathSuffix,
        CancellationToken token)
    {
        var response = new AlterObjStoreInfoResponse();
        switch (request.Op)
        {
            case Operation.AddObjInfo:
                ObjectStoreRules.Add(instance, request.Obj, Now());
                break;
            case Operation.LegacyUpdateAkSk:
                ObjectStoreRules.UpdateKeysById(instance, request.Obj, Now());
                break;
            case Operation.AlterObjInfo:
                ObjectStoreRules.Alter(instance, request.Obj, Now());
                break;
            case Operation.AddS3Vault:
            case Operation.AddHdfsInfo:
                var previousDefault = instance.DefaultStorageVaultId;
                var added = VaultRules.Add(instance, request, request.Op == Operation.AddHdfsInfo, pathSuffix, Now());
                transaction.Set(Key.StorageVault(instance.InstanceId, added.Id), added);
                response.StorageVaultId = added.Id;
                response.DefaultStorageVaultReplaced = previousDefault.Length > 0 && previousDefault != instance.DefaultStorageVaultId;
                break;
            case Operation.AlterS3Vault:
            case Operation.AlterHdfsVault:
                response.StorageVaultId = await AlterVaultAsync(transaction, instance, request, token).ConfigureAwait(false);
                break;
            case Operation.SetDefaultVault:
                response.StorageVaultId = VaultRules.SetDefault(instance, (request.Vault ?? throw Errors.Missing("vault")).Name);
                break;
            case Operation.UnsetDefaultVault:
                VaultRules.UnsetDefault(instance);
                break;
            default:
                throw Errors.Invalid("op is required and must be an operation that this service offers");
        }

        return response;
    }

    private async ValueTask<string> AlterVaultAsync(
        IKvTransaction transaction, InstanceInfoPB instance, AlterObjStoreInfoRequest request, CancellationToken token)
    {
        var given = request.Vault ?? throw Errors.Missing("vault");
        var vaultId = VaultRules.IdOf(instance, given.Name);
        var vault = await LoadVaultAsync(transaction, instance.InstanceId, vaultId, token).ConfigureAwait(false);
        if (request.Op == Operation.AlterS3Vault)
        {
            VaultRules.AlterS3(instance, vault, given, Now());
        }
        else
        {
            VaultRules.AlterHdfs(instance, vault, given);
        }

        transaction.Set(Key.StorageVault(instance.InstanceId, vaultId), vault);
        return vaultId;
    }

    private Task ChangeInstanceAsync(string instanceId, Action<InstanceInfoPB> change, CancellationToken cancellationToken)
    {
        Check.InstanceId(instanceId);
        return runner.RunAsync(
            async (transaction, token) =>
            {
                var instance = await InstanceStore.LoadForChangeAsync(transaction, instanceId, token).ConfigureAwait(false);
                change(instance);
                InstanceStore.Save(transaction, instanceId, instance);
                return true;
            },
            cancellationToken);
    }

    private static async ValueTask<StorageVaultPB> LoadVaultAsync(
        IKvReader reader, string instanceId, string vaultId, CancellationToken cancellationToken) =>
        await reader.GetAsync(Key.StorageVault(instanceId, vaultId), cancellationToken: cancellationToken).ConfigureAwait(false)
        ?? throw new InvalidDataException($"instance {instanceId} lists vault {vaultId}, which is not stored");

    private long Now() => time.GetUtcNow().ToUnixTimeSeconds();
}
