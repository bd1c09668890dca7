using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.Domain.Txns;

/// <summary>Removes all that is kept of finished transactions.</summary>
internal static class TxnRemoval
{
    /// <summary>Removes the finished transactions of a label, and the label with the last of its transactions.</summary>
    /// <returns>How many were removed.</returns>
    public static async ValueTask<int> RemoveLabelAsync(
        IKvTransaction transaction, string instanceId, long dbId, StampedRecordKey<TxnLabelPB> key, CancellationToken token)
    {
        if (await transaction.GetAsync(key, cancellationToken: token).ConfigureAwait(false) is not { } label)
        {
            return 0;
        }

        var removed = 0;
        foreach (var txnId in label.Record.TxnIds.ToList())
        {
            var txn = await transaction.GetAsync(Key.TxnInfo(instanceId, dbId, txnId), cancellationToken: token)
                .ConfigureAwait(false);
            if (txn is null || TxnRules.IsFinished(txn))
            {
                RemoveRecords(transaction, instanceId, dbId, txnId, txn);
                label.Record.TxnIds.Remove(txnId);
                removed++;
            }
        }

        SaveLabel(transaction, key, label);
        return removed;
    }

    /// <summary>Removes one finished transaction, and its label with the last of the label's transactions.</summary>
    public static async ValueTask RemoveTxnAsync(
        IKvTransaction transaction, string instanceId, long dbId, long txnId, TxnInfoPB? txn, string labelName,
        CancellationToken token)
    {
        RemoveRecords(transaction, instanceId, dbId, txnId, txn);
        var key = Key.TxnLabel(instanceId, dbId, labelName);
        if (await transaction.GetAsync(key, cancellationToken: token).ConfigureAwait(false) is { } label &&
            label.Record.TxnIds.Remove(txnId))
        {
            SaveLabel(transaction, key, label);
        }
    }

    private static void SaveLabel(IKvTransaction transaction, StampedRecordKey<TxnLabelPB> key, StampedRecord<TxnLabelPB> label)
    {
        if (label.Record.TxnIds.Count == 0)
        {
            transaction.Clear(key);
        }
        else
        {
            transaction.Set(key, label.Record, label.Stamp);
        }
    }

    private static void RemoveRecords(IKvTransaction transaction, string instanceId, long dbId, long txnId, TxnInfoPB? txn)
    {
        transaction.Clear(Key.TxnInfo(instanceId, dbId, txnId));
        transaction.Clear(Key.TxnIndex(instanceId, txnId));
        transaction.Clear(Key.TxnRunning(instanceId, dbId, txnId));
        transaction.Clear(Key.RecycleTxn(instanceId, dbId, txnId));
        foreach (var subTxnId in txn?.SubTxnIds ?? [])
        {
            transaction.Clear(Key.TxnIndex(instanceId, subTxnId));
        }
    }
}
