using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Domain.Rowsets;

/// <summary>
/// Whether what writes a rowset is still entitled to: a late request must not bring back what has been given up.
/// </summary>
internal static class RowsetChecks
{
    /// <summary>
    /// Checks the tablet job that the request names, and the transaction of a rowset that a load writes: those have a load id,
    /// the rowsets of tablet jobs only a number in place of a transaction.
    /// </summary>
    public static async ValueTask RequireWriterAsync(
        IKvReader reader, string instanceId, CreateRowsetRequest request, TabletIndexPB tablet,
        CancellationToken cancellationToken)
    {
        if (request.TabletJobId.Length > 0)
        {
            await RequireJobAsync(reader, instanceId, tablet, request.TabletJobId, cancellationToken).ConfigureAwait(false);
        }

        if (request.RowsetMeta.LoadId is not null)
        {
            await RequirePreparedTxnAsync(reader, instanceId, request.RowsetMeta.TxnId, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async ValueTask RequireJobAsync(
        IKvReader reader, string instanceId, TabletIndexPB tablet, string jobId, CancellationToken cancellationToken)
    {
        // The leases that running jobs extend in this record must not make their rowsets conflict: a snapshot will do, for
        // whether the job is still there is looked at again when it is finished.
        var jobs = await reader.GetAsync(Key.JobTablet(instanceId, tablet), snapshot: true, cancellationToken)
            .ConfigureAwait(false);
        if (jobs is null || (jobs.Compaction.All(c => c.Id != jobId) && jobs.SchemaChange?.Id != jobId))
        {
            throw RowsetErrors.JobGone(jobId);
        }
    }

    private static async ValueTask RequirePreparedTxnAsync(
        IKvReader reader, string instanceId, long txnId, CancellationToken cancellationToken)
    {
        var index = await reader.GetAsync(Key.TxnIndex(instanceId, txnId), cancellationToken: cancellationToken)
            .ConfigureAwait(false)
            ?? throw RowsetErrors.TxnNotFound(txnId);
        var parentId = index.HasParentTxnId ? index.ParentTxnId : txnId;
        var txn = await reader.GetAsync(
            Key.TxnInfo(instanceId, index.TabletIndex?.DbId ?? 0, parentId), cancellationToken: cancellationToken)
                .ConfigureAwait(false)
            ?? throw RowsetErrors.TxnNotFound(txnId);
        if (txn.Status != TxnStatusPB.TxnStatusPrepared)
        {
            throw RowsetErrors.TxnNotPrepared(txnId, txn.Status);
        }
    }
}
