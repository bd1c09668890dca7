using MetaService.Keys;
using MetaService.Records;
using MetaService.Storage;

namespace MetaService.Domain.Txns;

/// <summary>
/// The locks under which a load into merge-on-write tables has computed its delete bitmaps. The commit gives them back, and in
/// the same KV transaction confirms the bitmaps: what is noted as pending is what the next holder of the lock throws away.
/// </summary>
internal static class DeleteBitmapLocks
{
    /// <exception cref="MetaServiceException">A lock is not there or somebody else's.</exception>
    public static async ValueTask ReleaseAsync(
        IKvTransaction transaction, string instanceId, long lockId, IReadOnlyCollection<long> tableIds,
        IEnumerable<(long TableId, long TabletId)> tablets, CancellationToken token)
    {
        var tables = tableIds.ToHashSet();
        foreach (var tableId in tables)
        {
            var key = Key.DeleteBitmapLock(instanceId, TxnRules.Id(true, tableId, "mow_table_ids"), Key.AllPartitions);
            var held = await transaction.GetAsync(key, cancellationToken: token).ConfigureAwait(false);
            if (held?.LockId != lockId)
            {
                throw TxnErrors.LockExpired(tableId, lockId);
            }

            transaction.Clear(key);
        }

        foreach (var (_, tabletId) in tablets.Where(t => tables.Contains(t.TableId)))
        {
            transaction.Clear(Key.PendingDeleteBitmap(instanceId, tabletId));
        }
    }
}
