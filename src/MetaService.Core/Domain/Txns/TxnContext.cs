using MetaService.Domain.Instances;
using MetaService.Storage;

namespace MetaService.Domain.Txns;

/// <summary>What every transaction operation works with.</summary>
internal sealed record TxnContext(TransactionRunner Runner, TimeProvider Time, TxnOptions Options)
{
    /// <summary>Unix milliseconds, the unit of all times in transaction records.</summary>
    public long Now => Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// The instance of a request. It is read, so that a drop of the instance and the operation exclude each other.
    /// </summary>
    /// <exception cref="MetaServiceException">The instance cannot be told, is unknown or dropped.</exception>
    public static async ValueTask<string> ResolveAsync(
        IKvReader reader, string cloudUniqueId, CancellationToken cancellationToken)
    {
        var instanceId = await InstanceResolver.ResolveAsync(reader, cloudUniqueId, cancellationToken).ConfigureAwait(false);
        await InstanceStore.LoadForChangeAsync(reader, instanceId, cancellationToken).ConfigureAwait(false);
        return instanceId;
    }
}
