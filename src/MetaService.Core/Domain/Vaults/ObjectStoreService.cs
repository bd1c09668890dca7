using MetaService.Domain.Audit;
using MetaService.Domain.Instances;
using MetaService.Domain.Secrets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Security;
using MetaService.Storage;
using Operation = MetaService.Records.Cloud.AlterObjStoreInfoRequest.Types.Operation;

namespace MetaService.Domain.Vaults;

/// <summary>Object stores, vaults and the keys of cloud users; each method is one transaction.</summary>
public sealed class ObjectStoreService(TransactionRunner runner, TimeProvider time, SealedRecords secrets)
{
    /// <summary>The stores of an instance with their ak and sk: obj_info of a legacy one, vaults of any other.</summary>
    /// <exception cref="MetaServiceException">
    /// There is no such instance, it cannot be told, or a secret cannot be opened.
    /// </exception>
    public Task<GetObjStoreInfoResponse> GetAsync(GetObjStoreInfoRequest request, CancellationToken cancellationToken) =>
        GetAsync(request, trace: null, cancellationToken);

    /// <summary>The same, with a trace of what was read.</summary>
    /// <exception cref="MetaServiceException">
    /// There is no such instance, it cannot be told, or a secret cannot be opened.
    /// </exception>
    public Task<GetObjStoreInfoResponse> GetAsync(
        GetObjStoreInfoRequest request, ReadTrace? trace, CancellationToken cancellationToken) =>
        runner.ReadAsync(
            async (reader, token) =>
            {
                var instanceId = await InstanceResolver.ResolveAsync(reader, request.CloudUniqueId, token).ConfigureAwait(false);
                var instance = await InstanceStore.LoadAsync(reader, instanceId, token).ConfigureAwait(false);
                await OpenAsync(reader, instanceId, instance, InstanceSecrets.ObjectStores, token).ConfigureAwait(false);
                var response = new GetObjStoreInfoResponse { EnableStorageVault = instance.EnableStorageVault };
                response.ObjInfo.Add(instance.ObjInfo);
                foreach (var vaultId in instance.ResourceIds)
                {
                    var vault = await VaultStore.LoadAsync(reader, instanceId, vaultId, token).ConfigureAwait(false);
                    await secrets.OpenAsync(reader, Key.StorageVault(instanceId, vaultId), vault, token).ConfigureAwait(false);
                    response.StorageVault.Add(vault);
                }

                if (instance.HasDefaultStorageVaultId)
                {
                    response.DefaultStorageVaultId = instance.DefaultStorageVaultId;
                    response.DefaultStorageVaultName = instance.DefaultStorageVaultName;
                }

                return response;
            },
            trace,
            cancellationToken);

    /// <summary>Changes the stores of an instance as <see cref="AlterObjStoreInfoRequest.Op"/> says.</summary>
    /// <exception cref="MetaServiceException">The change is refused; nothing was written.</exception>
    public Task<AlterObjStoreInfoResponse> AlterAsync(
        AlterObjStoreInfoRequest request, ChangeOrigin origin, CancellationToken cancellationToken)
    {
        var pathSuffix = VaultRules.NewPathSuffix(request.Vault);
        return AuditedChange.RunAsync(
            runner,
            origin,
            time,
            async (change, token) =>
            {
                var transaction = change.Transaction;
                var instanceId = await InstanceResolver.ResolveAsync(transaction, request.CloudUniqueId, token).ConfigureAwait(false);
                var instance = await InstanceStore.LoadForChangeAsync(transaction, instanceId, token).ConfigureAwait(false);
                if (request.Op is Operation.AddObjInfo or Operation.LegacyUpdateAkSk or Operation.AlterObjInfo)
                {
                    // Their rules compare what is given with what is stored.
                    await OpenAsync(transaction, instanceId, instance, InstanceSecrets.ObjectStores, token).ConfigureAwait(false);
                }

                var response = await ApplyAsync(change, instance, request, pathSuffix, token).ConfigureAwait(false);
                await secrets.SaveAsync(change, instanceId, instance, token).ConfigureAwait(false);
                return response;
            },
            cancellationToken);
    }

    /// <summary>Rotates the keys of bucket users and of the RAM user, all or none.</summary>
    /// <exception cref="MetaServiceException">The change is refused; nothing was written.</exception>
    public Task UpdateKeysAsync(UpdateAkSkRequest request, ChangeOrigin origin, CancellationToken cancellationToken) =>
        ChangeInstanceAsync(
            request.InstanceId,
            InstanceSecrets.ObjectStores | InstanceSecrets.Users,
            instance => UserRules.UpdateKeys(instance, request, Now()),
            origin,
            cancellationToken);

    /// <summary>Gives an instance another RAM user.</summary>
    /// <exception cref="MetaServiceException">The change is refused; nothing was written.</exception>
    public Task AlterRamUserAsync(AlterRamUserRequest request, ChangeOrigin origin, CancellationToken cancellationToken)
    {
        var ramUser = UserRules.Create(request.RamUser ?? throw Errors.Missing("ram_user"));
        return ChangeInstanceAsync(
            request.InstanceId, InstanceSecrets.None, instance => instance.RamUser = ramUser.Clone(), origin, cancellationToken);
    }

    /// <summary>Replaces the IAM user of the whole service.</summary>
    /// <exception cref="MetaServiceException">A field is missing; nothing was written.</exception>
    public Task AlterIamAsync(AlterIamRequest request, ChangeOrigin origin, CancellationToken cancellationToken)
    {
        var user = new RamUserPB
        {
            UserId = Check.Given(request.AccountId, "account_id"),
            Ak = Check.Given(request.Ak, "ak"),
            Sk = Check.Given(request.Sk, "sk"),
        };
        return AuditedChange.RunAsync(
            runner,
            origin,
            time,
            async (change, token) =>
            {
                await secrets.SetAsync(change, Key.ArnInfo(), user, "the IAM user", token).ConfigureAwait(false);
                return true;
            },
            cancellationToken);
    }

    /// <summary>The IAM user of the service and the RAM user of an instance, with their keys.</summary>
    /// <exception cref="MetaServiceException">
    /// There is no such instance, it cannot be told, or a secret cannot be opened.
    /// </exception>
    public Task<GetIamResponse> GetIamAsync(GetIamRequest request, CancellationToken cancellationToken) =>
        runner.ReadAsync(
            async (reader, token) =>
            {
                var instanceId = await InstanceResolver.ResolveAsync(reader, request.CloudUniqueId, token).ConfigureAwait(false);
                var instance = await InstanceStore.LoadAsync(reader, instanceId, token).ConfigureAwait(false);
                await OpenAsync(reader, instanceId, instance, InstanceSecrets.Users, token).ConfigureAwait(false);
                var iamUser = await reader.GetAsync(Key.ArnInfo(), cancellationToken: token).ConfigureAwait(false) ?? new RamUserPB();
                await secrets.OpenAsync(reader, Key.ArnInfo(), iamUser, token).ConfigureAwait(false);
                iamUser.ExternalId = instanceId;
                return new GetIamResponse { IamUser = iamUser, RamUser = instance.RamUser };
            },
            cancellationToken);

    private async ValueTask<AlterObjStoreInfoResponse> ApplyAsync(
        AuditedChange change,
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
                await secrets.SaveAsync(change, instance.InstanceId, added, token).ConfigureAwait(false);
                response.StorageVaultId = added.Id;
                response.DefaultStorageVaultReplaced = previousDefault.Length > 0 && previousDefault != instance.DefaultStorageVaultId;
                break;
            case Operation.AlterS3Vault:
            case Operation.AlterHdfsVault:
                response.StorageVaultId = await AlterVaultAsync(change, instance, request, token).ConfigureAwait(false);
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
        AuditedChange change, InstanceInfoPB instance, AlterObjStoreInfoRequest request, CancellationToken token)
    {
        var given = request.Vault ?? throw Errors.Missing("vault");
        var vaultId = VaultRules.IdOf(instance, given.Name);
        var vault = await VaultStore.LoadAsync(change.Transaction, instance.InstanceId, vaultId, token).ConfigureAwait(false);
        if (request.Op == Operation.AlterS3Vault)
        {
            VaultRules.AlterS3(instance, vault, given, Now());
        }
        else
        {
            VaultRules.AlterHdfs(instance, vault, given);
        }

        await secrets.SaveAsync(change, instance.InstanceId, vault, token).ConfigureAwait(false);
        return vaultId;
    }

    /// <param name="opened">The secrets that the change looks at.</param>
    private Task ChangeInstanceAsync(
        string instanceId,
        InstanceSecrets opened,
        Action<InstanceInfoPB> apply,
        ChangeOrigin origin,
        CancellationToken cancellationToken)
    {
        Check.InstanceId(instanceId);
        return AuditedChange.RunAsync(
            runner,
            origin,
            time,
            async (change, token) =>
            {
                var transaction = change.Transaction;
                var instance = await InstanceStore.LoadForChangeAsync(transaction, instanceId, token).ConfigureAwait(false);
                await OpenAsync(transaction, instanceId, instance, opened, token).ConfigureAwait(false);
                apply(instance);
                await secrets.SaveAsync(change, instanceId, instance, token).ConfigureAwait(false);
                return true;
            },
            cancellationToken);
    }

    private ValueTask OpenAsync(
        IKvReader reader, string instanceId, InstanceInfoPB instance, InstanceSecrets which, CancellationToken cancellationToken) =>
        secrets.OpenAsync(reader, Key.Instance(instanceId), instance, which, cancellationToken);

    private long Now() => time.GetUtcNow().ToUnixTimeSeconds();
}
