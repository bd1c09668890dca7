using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using Status = MetaService.Records.Cloud.TxnStatusPB;

namespace MetaService.Domain.Txns;

/// <summary>
/// The first KV transaction of a lazy commit. It decides: from here on the transaction is committed, and the partitions that it
/// has written to wait for it. Nobody sees its rowsets before <see cref="LazyCommitter"/> has made it visible.
/// </summary>
internal static class LazyCommit
{
    /// <exception cref="MetaServiceException">A tablet is unknown or a lock is lost.</exception>
    public static async ValueTask<CommitOutcome> DecideAsync(
        CommitChange change, CommitTxnResponse response, CancellationToken token)
    {
        var (txn, transaction) = (change.Txn, change.Transaction);
        var rowsets = await LoadAsync(change, token).ConfigureAwait(false);
        foreach (var partition in rowsets.Select(r => r.Partition).Distinct().Order())
        {
            var version = await change.VersionAsync(partition, token).ConfigureAwait(false);
            if (version.PendingTxnIds.Count > 0)
            {
                return new CommitOutcome(CommitEnding.Waiting, version.PendingTxnIds[0]);
            }

            version.PendingTxnIds.Add(txn.TxnId);
            transaction.Set(change.VersionKey(partition), version);
            change.Report(response, partition, version.Version + 1);
        }

        await change.FinishLoadAsync(rowsets.Select(r => (r.Partition.TableId, r.TabletId)), token).ConfigureAwait(false);
        change.ReportRows(response, rowsets.Select(r => (r.Partition.TableId, r.TabletId, r.Rows)));

        // Whoever makes the transaction visible finds the waiting partitions by its tables: all have to be named.
        txn.TableIds.Add(rowsets.Select(r => r.Partition.TableId).Distinct().Except(txn.TableIds).Order().ToList());
        txn.Status = Status.TxnStatusCommitted;
        TxnStore.Save(transaction, change.InstanceId, txn);
        return new CommitOutcome(CommitEnding.Committed);
    }

    /// <summary>What has to be known of each rowset; the rowsets themselves could be too many to keep.</summary>
    private static async ValueTask<List<(PartitionRef Partition, long TabletId, long Rows)>> LoadAsync(
        CommitChange change, CancellationToken token)
    {
        var rowsets = new List<(PartitionRef, long, long)>();
        var partitions = new Dictionary<long, PartitionRef>();
        var range = KeyRanges.TmpRowsets(change.InstanceId, change.Txn.TxnId);
        await foreach (var found in change.Transaction.ScanAsync(range, cancellationToken: token).ConfigureAwait(false))
        {
            var partition = await PartitionAsync(change, partitions, found.Record, token).ConfigureAwait(false);
            rowsets.Add((partition, found.Record.TabletId, found.Record.NumRows));
        }

        return rowsets;
    }

    /// <summary>The partition of a rowset, with one look at a tablet for all rowsets that name the same partition.</summary>
    private static async ValueTask<PartitionRef> PartitionAsync(
        CommitChange change, Dictionary<long, PartitionRef> known, RowsetMetaCloudPB rowset, CancellationToken token)
    {
        if (rowset.HasPartitionId && known.TryGetValue(rowset.PartitionId, out var partition))
        {
            return partition;
        }

        var tablet = await change.TabletAsync(rowset.TabletId, token).ConfigureAwait(false);
        partition = new PartitionRef(tablet.TableId, rowset.HasPartitionId ? rowset.PartitionId : tablet.PartitionId);
        known[partition.PartitionId] = partition;
        return partition;
    }
}
