using MetaService.Domain.Audit;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Storage;
using Status = MetaService.Records.Cloud.TxnStatusPB;

namespace MetaService.Domain.Txns;

/// <summary>
/// Makes committed transactions visible: converts their rowsets batch by batch, then sets all versions at once. Any server can
/// do so at any time, after a crash or while another server does the same: every step reads what is left to do and does it in
/// one KV transaction.
/// </summary>
internal sealed class LazyCommitter(TxnContext context)
{
    /// <summary>Makes a committed transaction visible; one that is visible already is fine.</summary>
    /// <param name="origin">Who asks; null for the service itself.</param>
    /// <exception cref="MetaServiceException">There is no such transaction or it is not committed.</exception>
    public async Task<TxnInfoPB> DriveAsync(
        string instanceId, long txnId, ChangeOrigin? origin, CancellationToken cancellationToken)
    {
        RecordRange<RowsetMetaCloudPB>? rest = KeyRanges.TmpRowsets(instanceId, txnId);
        while (rest is { } range)
        {
            rest = await context.Runner.RunAsync(
                (transaction, token) => ConvertAsync(transaction, instanceId, txnId, range, token), cancellationToken)
                .ConfigureAwait(false);
        }

        return await AuditedChange.RunAsync(
            context.Runner,
            origin,
            context.Time,
            (change, token) => MakeVisibleAsync(change, instanceId, txnId, token),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Converts some rowsets of a range.</summary>
    /// <returns>The rest of the range; null when there is none.</returns>
    private async ValueTask<RecordRange<RowsetMetaCloudPB>?> ConvertAsync(
        IKvTransaction transaction, string instanceId, long txnId, RecordRange<RowsetMetaCloudPB> range, CancellationToken token)
    {
        var txn = await LoadAsync(transaction, instanceId, txnId, token).ConfigureAwait(false);
        if (txn.Status == Status.TxnStatusVisible)
        {
            return null;
        }

        var (found, hasMore) = await transaction.GetRangeAsync(
            range, new KvRangeOptions(context.Options.LazyBatchRowsets), token).ConfigureAwait(false);
        var publisher = new RowsetPublisher(transaction, instanceId);
        var bytes = 0;
        foreach (var rowset in found)
        {
            await ConvertAsync(transaction, instanceId, txn, rowset, publisher, token).ConfigureAwait(false);
            bytes += rowset.Record.CalculateSize();
            if (bytes >= context.Options.LazyBatchBytes)
            {
                publisher.WriteStats();
                return range.After(rowset.Key);
            }
        }

        publisher.WriteStats();
        return hasMore ? range.After(found[^1].Key) : null;
    }

    private static async ValueTask ConvertAsync(
        IKvTransaction transaction, string instanceId, TxnInfoPB txn, KeyedRecord<RowsetMetaCloudPB> found,
        RowsetPublisher publisher, CancellationToken token)
    {
        var rowset = found.Record;
        var tablet = await transaction
            .GetAsync(Key.MetaTabletIndex(instanceId, rowset.TabletId), cancellationToken: token).ConfigureAwait(false);
        if (tablet is null)
        {
            // Dropped since the commit; its files go with the tablet.
            transaction.Clear(found.Key);
            return;
        }

        var partitionId = rowset.HasPartitionId ? rowset.PartitionId : tablet.PartitionId;
        var version = await transaction.GetAsync(
            Key.PartitionVersion(instanceId, txn.DbId, tablet.TableId, partitionId), cancellationToken: token)
            .ConfigureAwait(false);
        if (version is null || !version.PendingTxnIds.Contains(txn.TxnId))
        {
            // Written after the commit was decided, so it is no part of it: left over like the rowsets of an aborted transaction.
            return;
        }

        publisher.Publish(new TmpRowset(found.Key, rowset, tablet), version.Version + 1);
    }

    private async ValueTask<TxnInfoPB> MakeVisibleAsync(
        AuditedChange change, string instanceId, long txnId, CancellationToken token)
    {
        var transaction = change.Transaction;
        var txn = await LoadAsync(transaction, instanceId, txnId, token).ConfigureAwait(false);
        if (txn.Status == Status.TxnStatusVisible)
        {
            return txn;
        }

        var before = txn.Clone();

        foreach (var tableId in txn.TableIds.Distinct())
        {
            if (await RaiseVersionsAsync(transaction, instanceId, txn, tableId, token).ConfigureAwait(false))
            {
                transaction.Add(Key.TableVersion(instanceId, txn.DbId, tableId), 1);
            }
        }

        txn.Status = Status.TxnStatusVisible;
        txn.FinishTime = context.Now;
        TxnStore.SaveFinished(transaction, instanceId, txn);
        change.Note(instanceId, before, txn);
        return txn;
    }

    /// <summary>Raises the versions of those partitions of a table that wait for the transaction.</summary>
    /// <returns>Whether there were any.</returns>
    private static async ValueTask<bool> RaiseVersionsAsync(
        IKvTransaction transaction, string instanceId, TxnInfoPB txn, long tableId, CancellationToken token)
    {
        // A snapshot: loads into the table's other partitions are no concern. The waiting ones are read again below.
        var waiting = new List<RecordKey<VersionPB>>();
        var range = KeyRanges.PartitionVersions(instanceId, txn.DbId, tableId);
        await foreach (var found in transaction.ScanAsync(range, snapshot: true, token).ConfigureAwait(false))
        {
            if (found.Record.PendingTxnIds.Contains(txn.TxnId))
            {
                waiting.Add(found.Key);
            }
        }

        foreach (var key in waiting)
        {
            var version = await transaction.GetAsync(key, cancellationToken: token).ConfigureAwait(false)
                ?? throw new InvalidDataException($"a partition version that transaction {txn.TxnId} has just read is not there");
            version.Version++;
            version.UpdateTimeMs = txn.CommitTime;
            version.PendingTxnIds.Remove(txn.TxnId);
            transaction.Set(key, version);
        }

        return waiting.Count > 0;
    }

    private static async ValueTask<TxnInfoPB> LoadAsync(
        IKvTransaction transaction, string instanceId, long txnId, CancellationToken token)
    {
        var txn = await TxnStore.LoadAsync(transaction, instanceId, txnId, token).ConfigureAwait(false);
        return txn.Status switch
        {
            Status.TxnStatusCommitted or Status.TxnStatusVisible => txn,
            Status.TxnStatusAborted => throw TxnErrors.AlreadyAborted(txn),
            _ => throw TxnErrors.NotCommitted(txn),
        };
    }
}
