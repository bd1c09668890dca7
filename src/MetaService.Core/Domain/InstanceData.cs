using MetaService.Domain.Instances;
using MetaService.Domain.Tablets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.Domain;

/// <summary>
/// Transactions on what an instance holds beside its own record: tablets, rowsets, versions, jobs. They read the instance record
/// as a snapshot, so that loads and compactions never conflict with changes of clusters, nodes or vaults.
/// </summary>
internal static class InstanceData
{
    /// <summary>Runs one transaction on the data of the instance that a cloud_unique_id belongs to.</summary>
    /// <exception cref="MetaServiceException">
    /// The instance is unknown or dropped, what the request would write does not fit one transaction, or the body refused.
    /// </exception>
    public static async Task<T> ChangeDataAsync<T>(
        this TransactionRunner runner,
        string cloudUniqueId,
        Func<IKvTransaction, InstanceInfoPB, CancellationToken, ValueTask<T>> body,
        CancellationToken cancellationToken)
    {
        try
        {
            return await runner.RunAsync(
                async (transaction, token) =>
                {
                    var instance = await LoadAsync(transaction, cloudUniqueId, token).ConfigureAwait(false);
                    return instance.Status == InstanceInfoPB.Types.Status.Deleted
                        ? throw Errors.InstanceDropped(instance.InstanceId)
                        : await body(transaction, instance, token).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (KvException e) when (e.Error == KvError.TooLarge)
        {
            throw TabletErrors.RequestTooLarge();
        }
    }

    /// <summary>
    /// Reads data of the instance that a cloud_unique_id belongs to, at one version; a dropped instance is still readable.
    /// </summary>
    /// <exception cref="MetaServiceException">The instance is unknown, or the body refused.</exception>
    public static Task<T> ReadDataAsync<T>(
        this TransactionRunner runner,
        string cloudUniqueId,
        Func<IKvReader, string, CancellationToken, ValueTask<T>> body,
        CancellationToken cancellationToken) =>
        runner.ReadAsync(
            async (reader, token) =>
            {
                var instance = await LoadAsync(reader, cloudUniqueId, token).ConfigureAwait(false);
                return await body(reader, instance.InstanceId, token).ConfigureAwait(false);
            },
            cancellationToken);

    private static async ValueTask<InstanceInfoPB> LoadAsync(
        IKvReader reader, string cloudUniqueId, CancellationToken cancellationToken)
    {
        var instanceId = await InstanceResolver.ResolveAsync(reader, cloudUniqueId, cancellationToken).ConfigureAwait(false);
        var instance = await reader.GetAsync(Key.Instance(instanceId), snapshot: true, cancellationToken).ConfigureAwait(false)
            ?? throw Errors.InstanceNotFound(instanceId);
        instance.InstanceId = instanceId;
        return instance;
    }
}
