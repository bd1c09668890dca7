using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;
using Status = MetaService.Records.Cloud.TxnStatusPB;

namespace MetaService.Domain.Txns;

/// <summary>
/// The parts of a transaction load: each has an id of its own, under which its rowsets are written, and comes to an end with the
/// transaction that it belongs to.
/// </summary>
internal sealed class SubTxns(TxnContext context)
{
    /// <summary>
    /// Begins a part. Like a transaction's, its id is made by a KV transaction of its own (see <see cref="TxnBeginner"/>).
    /// </summary>
    /// <exception cref="MetaServiceException">The request is refused; nothing was written.</exception>
    public async Task<BeginSubTxnResponse> BeginAsync(BeginSubTxnRequest request, CancellationToken cancellationToken)
    {
        CheckArguments(
            request.HasTxnId, request.TxnId, request.HasSubTxnNum, request.SubTxnNum, request.HasDbId, request.DbId,
            request.TableIds.Count);
        TxnRules.Label(request.Label, "label");
        while (true)
        {
            var (_, stamp) = await context.Runner.RunStampedAsync(
                (transaction, token) => StampAsync(transaction, request, token), cancellationToken).ConfigureAwait(false);
            var subTxnId = TxnBeginner.IdFrom(stamp);
            var response = await context.Runner.RunAsync(
                (transaction, token) => WriteAsync(transaction, request, subTxnId, token), cancellationToken)
                .ConfigureAwait(false);
            if (response is not null)
            {
                return response;
            }
        }
    }

    /// <summary>
    /// Ends a part without its data; done twice it is the same. Its id stays in the list, its rowsets are never committed.
    /// </summary>
    /// <exception cref="MetaServiceException">The request is refused; nothing was written.</exception>
    public Task<AbortSubTxnResponse> AbortAsync(AbortSubTxnRequest request, CancellationToken cancellationToken)
    {
        CheckArguments(
            request.HasTxnId, request.TxnId, request.HasSubTxnNum, request.SubTxnNum, request.HasDbId, request.DbId,
            request.TableIds.Count);
        TxnRules.Id(request.HasSubTxnId, request.SubTxnId, "sub_txn_id");
        return context.Runner.RunAsync(
            async (transaction, token) =>
            {
                var instanceId = await TxnContext.ResolveAsync(transaction, request.CloudUniqueId, token).ConfigureAwait(false);
                var txn = await LoadAsync(transaction, instanceId, request.DbId, request.TxnId, request.SubTxnNum, token)
                    .ConfigureAwait(false);
                if (!txn.SubTxnIds.Contains(request.SubTxnId))
                {
                    throw TxnErrors.SubTxnNotFound(txn.TxnId, request.SubTxnId);
                }

                Save(transaction, instanceId, txn, request.TableIds);
                return new AbortSubTxnResponse { TxnInfo = txn };
            },
            cancellationToken);
    }

    private static async ValueTask<bool> StampAsync(
        IKvTransaction transaction, BeginSubTxnRequest request, CancellationToken token)
    {
        var instanceId = await TxnContext.ResolveAsync(transaction, request.CloudUniqueId, token).ConfigureAwait(false);
        await LoadAsync(transaction, instanceId, request.DbId, request.TxnId, request.SubTxnNum, token).ConfigureAwait(false);

        // A label that transactions have, even this one's, keeps them; the stamp is all that changes.
        var key = Key.TxnLabel(instanceId, request.DbId, request.Label);
        var stored = await transaction.GetAsync(key, cancellationToken: token).ConfigureAwait(false);
        transaction.SetWithCommitStamp(key, stored?.Record ?? new TxnLabelPB());
        return true;
    }

    /// <summary>Null when the id turns out to be taken.</summary>
    private static async ValueTask<BeginSubTxnResponse?> WriteAsync(
        IKvTransaction transaction, BeginSubTxnRequest request, long subTxnId, CancellationToken token)
    {
        var instanceId = await TxnContext.ResolveAsync(transaction, request.CloudUniqueId, token).ConfigureAwait(false);
        var txn = await LoadAsync(transaction, instanceId, request.DbId, request.TxnId, request.SubTxnNum, token)
            .ConfigureAwait(false);
        var index = Key.TxnIndex(instanceId, subTxnId);
        if (await transaction.GetAsync(index, cancellationToken: token).ConfigureAwait(false) is not null)
        {
            return null;
        }

        transaction.Set(index, new TxnIndexPB { TabletIndex = new TabletIndexPB { DbId = txn.DbId }, ParentTxnId = txn.TxnId });
        txn.SubTxnIds.Add(subTxnId);
        Save(transaction, instanceId, txn, request.TableIds);
        var label = Key.TxnLabel(instanceId, request.DbId, request.Label);
        var stored = await transaction.GetAsync(label, cancellationToken: token).ConfigureAwait(false);
        if (stored is { Record.TxnIds.Count: 0 })
        {
            transaction.Clear(label);
        }

        return new BeginSubTxnResponse { SubTxnId = subTxnId, TxnInfo = txn };
    }

    /// <summary>The transaction, when it is prepared and has as many parts as the caller knows of.</summary>
    private static async ValueTask<TxnInfoPB> LoadAsync(
        IKvTransaction transaction, string instanceId, long dbId, long txnId, long subTxnCount, CancellationToken token)
    {
        var txn = await TxnStore.LoadAsync(transaction, instanceId, dbId, txnId, token).ConfigureAwait(false);
        TxnRules.EnsureOpen(txn);
        if (txn.Status != Status.TxnStatusPrepared)
        {
            throw TxnErrors.NotPrepared(txn);
        }

        return txn.SubTxnIds.Count == subTxnCount ? txn : throw TxnErrors.SubTxnCountMismatch(txn, subTxnCount);
    }

    /// <summary>The tables of a transaction with parts are those that its parts touch, once for each part.</summary>
    private static void Save(IKvTransaction transaction, string instanceId, TxnInfoPB txn, IEnumerable<long> tableIds)
    {
        txn.TableIds.Clear();
        txn.TableIds.Add(tableIds);
        TxnStore.Save(transaction, instanceId, txn);
        TxnStore.SaveRunning(transaction, instanceId, txn, TxnRules.PrepareTimeout(txn));
    }

    private static void CheckArguments(
        bool hasTxnId, long txnId, bool hasCount, long count, bool hasDbId, long dbId, int tables)
    {
        TxnRules.Id(hasTxnId, txnId, "txn_id");
        TxnRules.Id(hasCount, count, "sub_txn_num");
        TxnRules.Id(hasDbId, dbId, "db_id");
        if (tables == 0)
        {
            throw Errors.Missing("table_ids");
        }
    }
}
