using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.Domain.DeleteBitmaps;

/// <summary>
/// The lock on the delete bitmaps of a merge-on-write table. A load holds it alone, under its transaction's id; compactions, and
/// schema changes, share it under an id common to their kind, each as one of its initiators.
/// </summary>
internal static class DeleteBitmapLocks
{
    /// <summary>The lock id of all compactions.</summary>
    public const long CompactionLockId = -1;

    /// <summary>The lock id of all schema changes.</summary>
    public const long SchemaChangeLockId = -2;

    /// <summary>Takes the lock or joins those who hold it.</summary>
    /// <param name="held">The stored lock, null when there is none.</param>
    /// <param name="now">Unix seconds.</param>
    /// <returns>The lock to store.</returns>
    /// <exception cref="MetaServiceException">LOCK_CONFLICT: another holds it, it has not expired and the request is not
    /// urgent.</exception>
    public static DeleteBitmapUpdateLockPB Take(
        DeleteBitmapUpdateLockPB? held, GetDeleteBitmapUpdateLockRequest request, long now)
    {
        var isFree = held is null || (held.Expiration > 0 && held.Expiration < now);
        if (!isFree && held!.LockId != request.LockId && !request.Urgent)
        {
            throw DeleteBitmapErrors.LockConflict(request.TableId, request.LockId, held.LockId);
        }

        var taken = new DeleteBitmapUpdateLockPB { LockId = request.LockId, Expiration = now + request.Expiration };
        if (!isFree && held!.LockId == request.LockId)
        {
            taken.Initiators.Add(held.Initiators);
        }

        if (!taken.Initiators.Contains(request.Initiator))
        {
            taken.Initiators.Add(request.Initiator);
        }

        return taken;
    }

    /// <summary>The lock, which must be held with this id by this initiator.</summary>
    /// <exception cref="MetaServiceException">LOCK_EXPIRED: it is not.</exception>
    public static async ValueTask<DeleteBitmapUpdateLockPB> RequireAsync(
        IKvReader reader, string instanceId, long tableId, long lockId, long initiator, CancellationToken cancellationToken)
    {
        var held = await reader.GetAsync(KeyOf(instanceId, tableId), cancellationToken: cancellationToken).ConfigureAwait(false)
            ?? throw DeleteBitmapErrors.LockGone(tableId, lockId);
        if (held.LockId != lockId)
        {
            throw DeleteBitmapErrors.LockOfAnother(tableId, lockId, held.LockId);
        }

        return held.Initiators.Contains(initiator) ? held : throw DeleteBitmapErrors.LockNotOfInitiator(tableId, initiator);
    }

    /// <summary>Gives up a lock that must be held; a job without an initiator holds none.</summary>
    /// <exception cref="MetaServiceException">LOCK_EXPIRED: it is not held any more.</exception>
    public static async ValueTask RequireAndReleaseAsync(
        IKvTransaction transaction, string instanceId, long tableId, long lockId, long? initiator,
        CancellationToken cancellationToken)
    {
        if (initiator is { } holder)
        {
            var held = await RequireAsync(transaction, instanceId, tableId, lockId, holder, cancellationToken)
                .ConfigureAwait(false);
            Leave(transaction, instanceId, tableId, held, holder);
        }
    }

    /// <summary>Gives up a lock if it is still held.</summary>
    public static async ValueTask ReleaseAsync(
        IKvTransaction transaction, string instanceId, long tableId, long lockId, long? initiator,
        CancellationToken cancellationToken)
    {
        if (initiator is not { } holder)
        {
            return;
        }

        var held = await transaction.GetAsync(KeyOf(instanceId, tableId), cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        if (held is not null && held.LockId == lockId && held.Initiators.Contains(holder))
        {
            Leave(transaction, instanceId, tableId, held, holder);
        }
    }

    /// <summary>Where the lock of a table is stored.</summary>
    public static RecordKey<DeleteBitmapUpdateLockPB> KeyOf(string instanceId, long tableId) =>
        Key.DeleteBitmapLock(instanceId, tableId, Key.AllPartitions);

    private static void Leave(
        IKvTransaction transaction, string instanceId, long tableId, DeleteBitmapUpdateLockPB held, long initiator)
    {
        held.Initiators.Remove(initiator);
        if (held.Initiators.Count == 0)
        {
            transaction.Clear(KeyOf(instanceId, tableId));
        }
        else
        {
            transaction.Set(KeyOf(instanceId, tableId), held);
        }
    }
}
