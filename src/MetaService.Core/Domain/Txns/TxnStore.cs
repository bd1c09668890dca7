using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.Domain.Txns;

/// <summary>
/// Loads and saves the records of a transaction: its info, its place among the running ones, its recycle record.
/// </summary>
internal static class TxnStore
{
    /// <summary>The transaction with this id, whatever its database.</summary>
    /// <exception cref="MetaServiceException">There is none.</exception>
    public static async ValueTask<TxnInfoPB> LoadAsync(
        IKvReader reader, string instanceId, long txnId, CancellationToken cancellationToken)
    {
        var index = await reader.GetAsync(Key.TxnIndex(instanceId, txnId), cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        return index?.TabletIndex is { HasDbId: true } place
            ? await LoadAsync(reader, instanceId, place.DbId, txnId, cancellationToken).ConfigureAwait(false)
            : throw TxnErrors.NotFound(txnId);
    }

    /// <summary>The transaction with this id in a database.</summary>
    /// <exception cref="MetaServiceException">There is none.</exception>
    public static async ValueTask<TxnInfoPB> LoadAsync(
        IKvReader reader, string instanceId, long dbId, long txnId, CancellationToken cancellationToken) =>
        await reader.GetAsync(Key.TxnInfo(instanceId, dbId, txnId), cancellationToken: cancellationToken).ConfigureAwait(false)
        ?? throw TxnErrors.NotFound(txnId);

    /// <summary>The database and the transaction that a key names.</summary>
    public static (long DbId, long TxnId) IdsOf(ParsedKey key) => (key.Number("db_id"), key.Number("txn_id"));

    /// <summary>Writes the info record.</summary>
    /// <exception cref="MetaServiceException">It is larger than one record may be.</exception>
    public static void Save(IKvTransaction transaction, string instanceId, TxnInfoPB txn)
    {
        EnsureFits(txn);
        transaction.Set(Key.TxnInfo(instanceId, txn.DbId, txn.TxnId), txn);
    }

    /// <exception cref="MetaServiceException">The info record is larger than one record may be.</exception>
    public static void EnsureFits(TxnInfoPB txn)
    {
        var size = txn.CalculateSize();
        if (size > KvLimits.ValueBytes)
        {
            throw Errors.RecordTooLarge("the record of the transaction", size, KvLimits.ValueBytes);
        }
    }

    /// <summary>Puts a transaction among the running ones, or changes it there.</summary>
    /// <param name="timeout">Unix milliseconds.</param>
    public static void SaveRunning(IKvTransaction transaction, string instanceId, TxnInfoPB txn, long timeout)
    {
        var running = new TxnRunningPB { TimeoutTime = timeout };
        running.TableIds.Add(txn.TableIds);
        transaction.Set(Key.TxnRunning(instanceId, txn.DbId, txn.TxnId), running);
    }

    /// <summary>
    /// Writes a transaction that has just become visible or aborted: no longer running, to be removed after a while.
    /// </summary>
    public static void SaveFinished(IKvTransaction transaction, string instanceId, TxnInfoPB txn)
    {
        Save(transaction, instanceId, txn);
        transaction.Clear(Key.TxnRunning(instanceId, txn.DbId, txn.TxnId));
        transaction.Set(
            Key.RecycleTxn(instanceId, txn.DbId, txn.TxnId),
            new RecycleTxnPB { CreationTime = txn.FinishTime, Label = txn.Label });
    }
}
