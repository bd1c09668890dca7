using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Storage;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Domain.Txns;

/// <summary>A partition that a commit gives a new version.</summary>
internal readonly record struct PartitionRef(long TableId, long PartitionId) : IComparable<PartitionRef>
{
    public int CompareTo(PartitionRef other) => (TableId, PartitionId).CompareTo((other.TableId, other.PartitionId));
}

/// <summary>A rowset that a transaction has written and that has no version yet.</summary>
/// <param name="Key">Where it lies.</param>
/// <param name="Tablet">The tablet that it belongs to.</param>
internal readonly record struct TmpRowset(RecordKey<RowsetMetaCloudPB> Key, RowsetMetaCloudPB Rowset, TabletIndexPB Tablet);

/// <summary>A commit in the making: what is read and written for it in one KV transaction.</summary>
/// <param name="Transaction">The KV transaction.</param>
/// <param name="Txn">The transaction to commit, with its commit time.</param>
internal sealed record CommitChange(IKvTransaction Transaction, string InstanceId, TxnInfoPB Txn, CommitTxnRequest Request)
{
    /// <summary>The version of a partition that no load has changed yet.</summary>
    private const long FirstVersion = 1;

    /// <summary>Where a partition's version lies.</summary>
    public RecordKey<VersionPB> VersionKey(PartitionRef partition) =>
        Key.PartitionVersion(InstanceId, Txn.DbId, partition.TableId, partition.PartitionId);

    /// <summary>The version of a partition.</summary>
    public async ValueTask<VersionPB> VersionAsync(PartitionRef partition, CancellationToken token)
    {
        var version = await Transaction.GetAsync(VersionKey(partition), cancellationToken: token)
            .ConfigureAwait(false) ?? new VersionPB();
        if (!version.HasVersion)
        {
            version.Version = FirstVersion;
        }

        return version;
    }

    /// <summary>The place of a tablet.</summary>
    /// <exception cref="MetaServiceException">There is no such tablet.</exception>
    public async ValueTask<TabletIndexPB> TabletAsync(long tabletId, CancellationToken token) =>
        await Transaction.GetAsync(Key.MetaTabletIndex(InstanceId, tabletId), cancellationToken: token).ConfigureAwait(false)
        ?? throw TxnErrors.TabletNotFound(tabletId);

    /// <summary>Gives back the locks of merge-on-write tables and records how far the load has come.</summary>
    /// <exception cref="MetaServiceException">A lock is not held any more.</exception>
    public async ValueTask FinishLoadAsync(IEnumerable<(long TableId, long TabletId)> tablets, CancellationToken token)
    {
        await DeleteBitmapLocks.ReleaseAsync(Transaction, InstanceId, Txn.TxnId, Request.MowTableIds, tablets, token)
            .ConfigureAwait(false);
        await LoadProgress.WriteAsync(Transaction, InstanceId, Txn.DbId, Request.CommitAttachment, token).ConfigureAwait(false);
    }

    /// <summary>Tells the caller of the new version of a partition.</summary>
    public void Report(CommitTxnResponse response, PartitionRef partition, long version)
    {
        response.TableIds.Add(partition.TableId);
        response.PartitionIds.Add(partition.PartitionId);
        response.Versions.Add(version);
        response.VersionUpdateTimeMs = Txn.CommitTime;
    }

    /// <summary>Tells the caller how many rows went into base tablets, per table.</summary>
    public void ReportRows(CommitTxnResponse response, IEnumerable<(long TableId, long TabletId, long Rows)> rowsets)
    {
        var baseTablets = Request.BaseTabletIds.Concat(Request.SubTxnInfos.SelectMany(s => s.BaseTabletIds)).ToHashSet();
        response.TableStats.Add(
            from rowset in rowsets
            where baseTablets.Contains(rowset.TabletId)
            group rowset.Rows by rowset.TableId into rows
            orderby rows.Key
            select new TableStatsPB { TableId = rows.Key, UpdatedRowCount = rows.Sum() });
    }
}
