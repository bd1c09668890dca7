using MetaService.Records.Cloud;
using MetaService.Records.Olap;

namespace MetaService.Domain.Rowsets;

/// <summary>The refusals of operations on rowsets.</summary>
internal static class RowsetErrors
{
    /// <summary>Carries a <see cref="CreateRowsetResponse"/> with the rowset that is there.</summary>
    public static MetaServiceException RowsetExists(RowsetMetaCloudPB existing) =>
        new(MetaServiceCode.AlreadyExisted, $"rowset already exists, rowset_id={existing.RowsetIdV2}")
        {
            PartialResponse = new CreateRowsetResponse { ExistedRowsetMeta = existing },
        };

    public static MetaServiceException JobGone(string jobId) =>
        new(MetaServiceCode.StalePrepareRowset, $"the tablet job of this rowset is not running any more, job_id={jobId}");

    public static MetaServiceException NotPrepared(string rowsetId) =>
        Errors.Invalid($"the rowset was never prepared or has been recycled, rowset_id={rowsetId}");

    public static MetaServiceException TxnNotFound(long txnId) =>
        new(MetaServiceCode.TxnIdNotFound, $"transaction not found, txn_id={txnId}");

    public static MetaServiceException TxnNotPrepared(long txnId, TxnStatusPB status) =>
        new(MetaServiceCode.TxnInvalidStatus, $"the transaction takes no rowsets in its status, txn_id={txnId} status={status}");

    public static MetaServiceException TmpRowsetNotFound(long txnId, long tabletId) => new(
        MetaServiceCode.RowsetMetaNotFound,
        $"the transaction has no rowset for this tablet, txn_id={txnId} tablet_id={tabletId}");

    public static MetaServiceException OtherTmpRowset(string rowsetId) =>
        Errors.Invalid($"the transaction's rowset for this tablet is another one, rowset_id={rowsetId}");

    public static MetaServiceException CountsMissing() =>
        Errors.Invalid("base_compaction_cnt, cumulative_compaction_cnt, cumulative_point: required, not negative");

    public static MetaServiceException CountsAhead(string field, long requested, long stored) =>
        Errors.Invalid($"{field} is ahead of the stored one, requested={requested} stored={stored}");

    public static MetaServiceException RangeInverted() => Errors.Invalid("start_version must not be above end_version");

    public static MetaServiceException RowsetWithoutSchema(string rowsetId) =>
        new(MetaServiceCode.UndefinedErr, $"a stored rowset names no schema, rowset_id={rowsetId}");

    public static MetaServiceException SchemaDictionaryNotFound(long indexId) =>
        new(MetaServiceCode.SchemaDictNotFound, $"no schema dictionary is stored, index_id={indexId}");

    public static MetaServiceException SchemaDictionaryIncomplete(long indexId, int key) =>
        new(MetaServiceCode.SchemaDictNotFound, $"the schema dictionary lacks an entry, index_id={indexId} key={key}");
}
