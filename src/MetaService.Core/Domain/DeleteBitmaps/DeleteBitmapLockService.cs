using MetaService.Domain.Tablets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.Domain.DeleteBitmaps;

/// <summary>Hands out the lock on the delete bitmaps of a merge-on-write table.</summary>
public sealed class DeleteBitmapLockService(TransactionRunner runner, TimeProvider time)
{
    /// <summary>
    /// Takes the lock for <see cref="GetDeleteBitmapUpdateLockRequest.Expiration"/> seconds; an urgent request takes it from
    /// whoever holds it. On demand it answers the compaction counts and states of tablets as they are once the lock is held.
    /// </summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range; LOCK_CONFLICT: another holds the lock; TABLET_NOT_FOUND.
    /// </exception>
    public Task<GetDeleteBitmapUpdateLockResponse> GetDeleteBitmapUpdateLockAsync(
        GetDeleteBitmapUpdateLockRequest request, CancellationToken cancellationToken)
    {
        TabletArguments.Id(request.TableId, "table_id");
        if (!request.HasLockId || !request.HasInitiator)
        {
            throw Errors.Missing(request.HasLockId ? "initiator" : "lock_id");
        }

        TabletArguments.Id(request.Expiration, "expiration");
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        if (request.Expiration > long.MaxValue - now)
        {
            throw Errors.Invalid("expiration is too far away");
        }

        return runner.ChangeDataAsync(
            request.CloudUniqueId,
            async (transaction, instance, token) =>
            {
                var key = DeleteBitmapLocks.KeyOf(instance.InstanceId, request.TableId);
                var held = await transaction.GetAsync(key, cancellationToken: token).ConfigureAwait(false);
                var taken = DeleteBitmapLocks.Take(held, request, now);
                TabletArguments.Fits(taken, "the record of the lock");
                transaction.Set(key, taken);
                return request.RequireCompactionStats
                    ? await CountsAsync(transaction, instance.InstanceId, request, token).ConfigureAwait(false)
                    : new GetDeleteBitmapUpdateLockResponse();
            },
            cancellationToken);
    }

    /// <summary>Gives up the lock for one initiator.</summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range; LOCK_EXPIRED: the initiator does not hold it any more.
    /// </exception>
    public Task<RemoveDeleteBitmapUpdateLockResponse> RemoveDeleteBitmapUpdateLockAsync(
        RemoveDeleteBitmapUpdateLockRequest request, CancellationToken cancellationToken)
    {
        TabletArguments.Id(request.TableId, "table_id");
        if (!request.HasLockId || !request.HasInitiator)
        {
            throw Errors.Missing(request.HasLockId ? "initiator" : "lock_id");
        }

        return runner.ChangeDataAsync(
            request.CloudUniqueId,
            async (transaction, instance, token) =>
            {
                await DeleteBitmapLocks.RequireAndReleaseAsync(
                    transaction, instance.InstanceId, request.TableId, request.LockId, request.Initiator, token)
                        .ConfigureAwait(false);
                return new RemoveDeleteBitmapUpdateLockResponse();
            },
            cancellationToken);
    }

    // What changes these counts in a merge-on-write table needs the lock, so a snapshot of them cannot be overtaken.
    private static async ValueTask<GetDeleteBitmapUpdateLockResponse> CountsAsync(
        IKvTransaction transaction, string instanceId, GetDeleteBitmapUpdateLockRequest request, CancellationToken token)
    {
        var response = new GetDeleteBitmapUpdateLockResponse();
        foreach (var given in request.TabletIndexes)
        {
            var tablet = await TabletStore.CompleteAsync(transaction, instanceId, given, "tablet_indexes", token)
                .ConfigureAwait(false);
            var stats = await transaction.GetAsync(Key.StatsTablet(instanceId, tablet), snapshot: true, token)
                .ConfigureAwait(false)
                ?? throw TabletErrors.TabletNotFound(tablet.TabletId);
            var meta = await transaction.GetAsync(Key.MetaTablet(instanceId, tablet), snapshot: true, token).ConfigureAwait(false)
                ?? throw TabletErrors.TabletNotFound(tablet.TabletId);
            response.BaseCompactionCnts.Add(stats.BaseCompactionCnt);
            response.CumulativeCompactionCnts.Add(stats.CumulativeCompactionCnt);
            response.CumulativePoints.Add(stats.CumulativePoint);
            response.TabletStates.Add((long)meta.TabletState);
        }

        return response;
    }
}
