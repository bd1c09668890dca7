using MetaService.Records.Cloud;

namespace MetaService.Domain.DeleteBitmaps;

/// <summary>The refusals of operations on delete bitmaps.</summary>
internal static class DeleteBitmapErrors
{
    public static MetaServiceException LockGone(long tableId, long lockId) =>
        new(MetaServiceCode.LockExpired, $"the delete bitmap lock is not held any more, table_id={tableId} lock_id={lockId}");

    public static MetaServiceException LockOfAnother(long tableId, long lockId, long holder) => new(
        MetaServiceCode.LockExpired,
        $"the delete bitmap lock has gone to another, table_id={tableId} lock_id={lockId} locked by lock_id={holder}");

    public static MetaServiceException LockNotOfInitiator(long tableId, long initiator) =>
        new(MetaServiceCode.LockExpired, $"the initiator does not hold the lock, table_id={tableId} initiator={initiator}");

    public static MetaServiceException LockConflict(long tableId, long lockId, long holder) => new(
        MetaServiceCode.LockConflict,
        $"already be locked, table_id={tableId} request_lock_id={lockId} locked by lock_id={holder}");

    public static MetaServiceException CompactedSince(long tabletId) =>
        new(MetaServiceCode.RowsetsExpired, $"the tablet has been compacted since, rowsets are expired, tablet_id={tabletId}");

    public static MetaServiceException LengthsDiffer(string fields) => Errors.Invalid($"{fields} must be of the same length");

    public static MetaServiceException StoreVersion(long version) =>
        Errors.Invalid($"store_version {version} is not offered, only 1 is");
}
