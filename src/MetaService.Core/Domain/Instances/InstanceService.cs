using MetaService.Domain.Audit;
using MetaService.Domain.Secrets;
using MetaService.Domain.Vaults;
using MetaService.Json;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Own;
using MetaService.Security;
using MetaService.Storage;
using Operation = MetaService.Records.Cloud.AlterInstanceRequest.Types.Operation;
using Status = MetaService.Records.Cloud.InstanceInfoPB.Types.Status;

namespace MetaService.Domain.Instances;

/// <summary>Which instances to list.</summary>
/// <param name="Prefix">Only ids that start with this.</param>
/// <param name="Status">Only instances in this status.</param>
/// <param name="After">Only ids after this one; the last id of the page before.</param>
/// <param name="Limit">Most instances of a page, 1 to <see cref="InstanceService.MaxPage"/>.</param>
public sealed record InstanceFilter(string Prefix, Status? Status, string After, int Limit);

/// <summary>Instances as a whole; each method is one transaction.</summary>
public sealed class InstanceService(TransactionRunner runner, TimeProvider time, SealedRecords secrets)
{
    /// <summary>Most instances of one page.</summary>
    public const int MaxPage = 1000;

    // Records read at a time while filtering by status; a page that matches little still holds few records in memory.
    private const int ScanChunk = 200;

    // Records read for one page at most, so that a filter that matches nothing cannot outlive the age limit of a transaction.
    private const int MaxScanned = 5000;

    private readonly SeldomWritten<RamUserPB> _iamUser = new(runner.Store, Key.ArnInfo().Bytes);

    /// <summary>Creates an instance with its first vault, or a legacy one with its obj_info.</summary>
    /// <exception cref="MetaServiceException">The request is refused or the id was used before; nothing was written.</exception>
    public Task CreateAsync(CreateInstanceRequest request, ChangeOrigin origin, CancellationToken cancellationToken)
    {
        var (instance, vault) = InstanceRules.Create(request, VaultRules.NewPathSuffix(request.Vault), Now());
        return AuditedChange.RunAsync(
            runner,
            origin,
            time,
            async (change, token) =>
            {
                var key = Key.Instance(instance.InstanceId);
                if (await change.Transaction.GetAsync(key, cancellationToken: token).ConfigureAwait(false) is not null)
                {
                    throw Errors.InstanceAlreadyExisted(instance.InstanceId);
                }

                // An id is never free again, so that where there is no instance there are no vaults either.
                await secrets.AddAsync(change, instance, token).ConfigureAwait(false);
                if (vault is not null)
                {
                    await secrets.AddAsync(change, instance.InstanceId, vault, token).ConfigureAwait(false);
                }

                return true;
            },
            cancellationToken);
    }

    /// <summary>Changes an instance as <see cref="AlterInstanceRequest.Op"/> says.</summary>
    /// <exception cref="MetaServiceException">The change is refused; nothing was written.</exception>
    public Task AlterAsync(AlterInstanceRequest request, ChangeOrigin origin, CancellationToken cancellationToken)
    {
        var instanceId = Check.InstanceId(request.InstanceId);
        return AuditedChange.RunAsync(
            runner,
            origin,
            time,
            async (change, token) =>
            {
                // A change of status tells a dropped instance from an unknown one by another error than all other changes.
                var setsStatus = request.Op is Operation.SetNormal or Operation.SetOverdue;
                var instance = setsStatus
                    ? await InstanceStore.LoadAsync(change.Transaction, instanceId, token).ConfigureAwait(false)
                    : await InstanceStore.LoadForChangeAsync(change.Transaction, instanceId, token).ConfigureAwait(false);
                Apply(instance, request, Now());
                await secrets.SaveAsync(change, instanceId, instance, token).ConfigureAwait(false);
                return true;
            },
            cancellationToken);
    }

    /// <summary>The instance with its ak and sk, dropped or not.</summary>
    /// <exception cref="MetaServiceException">There is none, it cannot be told, or a secret cannot be opened.</exception>
    public Task<InstanceInfoPB> GetAsync(string? instanceId, string? cloudUniqueId, CancellationToken cancellationToken) =>
        GetAsync(instanceId, cloudUniqueId, trace: null, cancellationToken);

    /// <summary>The same, with a trace of what was read.</summary>
    /// <exception cref="MetaServiceException">There is none, it cannot be told, or a secret cannot be opened.</exception>
    public Task<InstanceInfoPB> GetAsync(
        string? instanceId, string? cloudUniqueId, ReadTrace? trace, CancellationToken cancellationToken) =>
        GetAsync(
            instanceId,
            cloudUniqueId,
            trace,
            async (reader, id, instance, iamUser, token) =>
            {
                await secrets.OpenAsync(reader, Key.Instance(id), instance, token).ConfigureAwait(false);
                if (iamUser is not null)
                {
                    await secrets.OpenAsync(reader, Key.ArnInfo(), iamUser, token).ConfigureAwait(false);
                }
            },
            cancellationToken);

    /// <summary>
    /// The instance, dropped or not, with masks in the place of its ak and sk, which need not be opened for that.
    /// </summary>
    /// <exception cref="MetaServiceException">There is none, or it cannot be told.</exception>
    public Task<InstanceInfoPB> GetMaskedAsync(string? instanceId, string? cloudUniqueId, CancellationToken cancellationToken) =>
        GetMaskedAsync(instanceId, cloudUniqueId, trace: null, cancellationToken);

    /// <summary>The same, with a trace of what was read.</summary>
    /// <exception cref="MetaServiceException">There is none, or it cannot be told.</exception>
    public async Task<InstanceInfoPB> GetMaskedAsync(
        string? instanceId, string? cloudUniqueId, ReadTrace? trace, CancellationToken cancellationToken)
    {
        var instance = await GetAsync(
            instanceId, cloudUniqueId, trace, (_, _, _, _, _) => ValueTask.CompletedTask, cancellationToken)
            .ConfigureAwait(false);
        foreach (var part in SecretParts.Of(Key.Instance(instance.InstanceId), instance))
        {
            part.Keys.EncryptionInfo = null;
        }

        return SecretFields.Masked(instance);
    }

    /// <summary>A page of instances in the order of their ids, without their keys and secrets.</summary>
    public Task<ListInstancesResponse> ListAsync(InstanceFilter filter, CancellationToken cancellationToken) =>
        runner.ReadAsync((reader, token) => ListAsync(reader, filter, token), cancellationToken);

    private Task<InstanceInfoPB> GetAsync(
        string? instanceId,
        string? cloudUniqueId,
        ReadTrace? trace,
        Func<IKvReader, string, InstanceInfoPB, RamUserPB?, CancellationToken, ValueTask> open,
        CancellationToken cancellationToken) =>
        runner.ReadAsync(
            async (reader, token) =>
            {
                var id = await InstanceResolver.ResolveAsync(reader, instanceId, cloudUniqueId, token).ConfigureAwait(false);
                var instance = await InstanceStore.LoadAsync(reader, id, token).ConfigureAwait(false);
                var iamUser = await _iamUser.GetAsync(reader, token).ConfigureAwait(false);
                await open(reader, id, instance, iamUser, token).ConfigureAwait(false);
                if (iamUser is not null)
                {
                    iamUser.ExternalId = id;
                    instance.IamUser = iamUser;
                }

                return instance;
            },
            trace,
            cancellationToken);

    private static async ValueTask<ListInstancesResponse> ListAsync(IKvReader reader, InstanceFilter filter, CancellationToken token)
    {
        var response = new ListInstancesResponse();
        var range = KeyRanges.Instances(filter.Prefix, filter.After);
        for (var scanned = 0; ;)
        {
            var (records, hasMore) = await reader.GetRangeAsync(range, new KvRangeOptions(ScanChunk), token).ConfigureAwait(false);
            foreach (var (_, _, instance) in records)
            {
                if (filter.Status is null || instance.Status == filter.Status)
                {
                    response.Instances.Add(Summary(instance));
                }

                scanned++;
                if (response.Instances.Count == filter.Limit || scanned == MaxScanned)
                {
                    response.NextPageToken = instance.InstanceId;
                    return response;
                }
            }

            if (!hasMore)
            {
                return response;
            }

            range = range.After(records[^1].Key);
        }
    }

    private static InstanceSummaryPB Summary(InstanceInfoPB instance)
    {
        var summary = new InstanceSummaryPB
        {
            InstanceId = instance.InstanceId,
            Name = instance.Name,
            UserId = instance.UserId,
            Status = instance.Status,
            EnableStorageVault = instance.EnableStorageVault,
            ClusterCount = instance.Clusters.Count,
            NodeCount = instance.Clusters.Sum(c => c.Nodes.Count),
        };
        if (instance.HasMtime)
        {
            summary.Mtime = instance.Mtime;
        }

        return summary;
    }

    private static void Apply(InstanceInfoPB instance, AlterInstanceRequest request, long now)
    {
        switch (request.Op)
        {
            case Operation.Drop:
                InstanceRules.Drop(instance, now);
                break;
            case Operation.Rename:
                InstanceRules.Rename(instance, request.Name, now);
                break;
            case Operation.EnableSse:
                InstanceRules.SetSse(instance, true, now);
                break;
            case Operation.DisableSse:
                InstanceRules.SetSse(instance, false, now);
                break;
            case Operation.SetOverdue:
                InstanceRules.SetStatus(instance, Status.Overdue, now);
                break;
            case Operation.SetNormal:
                InstanceRules.SetStatus(instance, Status.Normal, now);
                break;
            default:
                throw Errors.Invalid("op is required and must be an operation that this service offers");
        }
    }

    private long Now() => time.GetUtcNow().ToUnixTimeSeconds();
}
