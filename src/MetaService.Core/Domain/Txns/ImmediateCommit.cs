using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using Status = MetaService.Records.Cloud.TxnStatusPB;

namespace MetaService.Domain.Txns;

/// <summary>A commit that is carried out in one KV transaction, after which the transaction is visible.</summary>
internal static class ImmediateCommit
{
    /// <param name="sources">
    /// The transactions whose rowsets are committed. Each gives the partitions that it has written to their next version.
    /// </param>
    /// <param name="mostRowsets">With more rowsets than this nothing is written.</param>
    /// <exception cref="MetaServiceException">A tablet is unknown or a lock is lost.</exception>
    public static async ValueTask<CommitOutcome> WriteAsync(
        CommitChange change, long[] sources, int mostRowsets, CommitTxnResponse response, CancellationToken token)
    {
        if (await LoadAsync(change, sources, mostRowsets, token).ConfigureAwait(false) is not { } parts)
        {
            return new CommitOutcome(CommitEnding.TooMany);
        }

        var rowsets = parts.SelectMany(p => p).ToList();

        // Versions are what commits into one partition meet at: read last, so that the rest has not to be done again in vain.
        var versions = new SortedDictionary<PartitionRef, VersionPB>();
        foreach (var partition in rowsets.Select(PartitionOf).Distinct())
        {
            var version = await change.VersionAsync(partition, token).ConfigureAwait(false);
            if (version.PendingTxnIds.Count > 0)
            {
                return new CommitOutcome(CommitEnding.Waiting, version.PendingTxnIds[0]);
            }

            versions.Add(partition, version);
        }

        await change.FinishLoadAsync(rowsets.Select(r => (r.Tablet.TableId, r.Rowset.TabletId)), token).ConfigureAwait(false);
        Publish(change, parts, versions);
        foreach (var (partition, version) in versions)
        {
            version.UpdateTimeMs = change.Txn.CommitTime;
            change.Transaction.Set(change.VersionKey(partition), version);
            change.Report(response, partition, version.Version);
        }

        foreach (var tableId in versions.Keys.Select(p => p.TableId).Distinct())
        {
            change.Transaction.Add(Key.TableVersion(change.InstanceId, change.Txn.DbId, tableId), 1);
        }

        change.ReportRows(response, rowsets.Select(r => (r.Tablet.TableId, r.Rowset.TabletId, r.Rowset.NumRows)));
        change.Txn.Status = Status.TxnStatusVisible;
        change.Txn.FinishTime = change.Txn.CommitTime;
        TxnStore.SaveFinished(change.Transaction, change.InstanceId, change.Txn);
        return new CommitOutcome(CommitEnding.Visible);
    }

    /// <summary>The rowsets of each source, or null when there are too many.</summary>
    private static async ValueTask<List<TmpRowset>[]?> LoadAsync(
        CommitChange change, long[] sources, int mostRowsets, CancellationToken token)
    {
        var parts = Array.ConvertAll(sources, _ => new List<TmpRowset>());
        var count = 0;
        for (var i = 0; i < sources.Length; i++)
        {
            var range = KeyRanges.TmpRowsets(change.InstanceId, sources[i]);
            await foreach (var found in change.Transaction.ScanAsync(range, cancellationToken: token).ConfigureAwait(false))
            {
                if (++count > mostRowsets)
                {
                    return null;
                }

                var tablet = await change.TabletAsync(found.Record.TabletId, token).ConfigureAwait(false);
                parts[i].Add(new TmpRowset(found.Key, found.Record, tablet));
            }
        }

        return parts;
    }

    private static void Publish(
        CommitChange change, List<TmpRowset>[] parts, SortedDictionary<PartitionRef, VersionPB> versions)
    {
        var publisher = new RowsetPublisher(change.Transaction, change.InstanceId);
        foreach (var part in parts)
        {
            foreach (var partition in part.GroupBy(PartitionOf))
            {
                var version = ++versions[partition.Key].Version;
                foreach (var rowset in partition)
                {
                    publisher.Publish(rowset, version);
                }
            }
        }

        publisher.WriteStats();
    }

    private static PartitionRef PartitionOf(TmpRowset rowset) => new(rowset.Tablet.TableId, rowset.Tablet.PartitionId);
}
