using MetaService.Domain.Audit;
using MetaService.Domain.Secrets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.Domain.Instances;

/// <summary>
/// Loads and saves instance records inside a transaction. Their secrets are sealed unless <see cref="SealedRecords"/> opens them.
/// </summary>
public static class InstanceStore
{
    /// <summary>The record, dropped or not.</summary>
    /// <exception cref="MetaServiceException">There never was such an instance.</exception>
    public static async ValueTask<InstanceInfoPB> LoadAsync(IKvReader reader, string instanceId, CancellationToken cancellationToken) =>
        await reader.GetAsync(Key.Instance(instanceId), cancellationToken: cancellationToken).ConfigureAwait(false)
        ?? throw Errors.InstanceNotFound(instanceId);

    /// <summary>The record of an instance that may be changed.</summary>
    /// <exception cref="MetaServiceException">There is no such instance or it is dropped.</exception>
    public static async ValueTask<InstanceInfoPB> LoadForChangeAsync(
        IKvReader reader, string instanceId, CancellationToken cancellationToken)
    {
        var instance = await LoadAsync(reader, instanceId, cancellationToken).ConfigureAwait(false);
        return instance.Status == InstanceInfoPB.Types.Status.Deleted ? throw Errors.InstanceDropped(instanceId) : instance;
    }

    /// <summary>Writes the record, its clear secrets sealed.</summary>
    /// <exception cref="MetaServiceException">
    /// It has grown over what one record may hold, or its secrets cannot be sealed.
    /// </exception>
    public static ValueTask SaveAsync(
        this SealedRecords secrets,
        AuditedChange change,
        string instanceId,
        InstanceInfoPB instance,
        CancellationToken cancellationToken) =>
        secrets.SetAsync(change, Key.Instance(instanceId), instance, NameOf(instanceId), cancellationToken);

    /// <summary>Writes the record of a new instance, its clear secrets sealed.</summary>
    /// <exception cref="MetaServiceException">
    /// It is over what one record may hold, or its secrets cannot be sealed.
    /// </exception>
    public static ValueTask AddAsync(
        this SealedRecords secrets, AuditedChange change, InstanceInfoPB instance, CancellationToken cancellationToken) =>
        secrets.AddAsync(
            change, Key.Instance(instance.InstanceId), instance, NameOf(instance.InstanceId), cancellationToken);

    private static string NameOf(string instanceId) => $"the record of instance {instanceId}";
}
