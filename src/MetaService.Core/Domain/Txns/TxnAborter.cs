using MetaService.Domain.Audit;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.Domain.Txns;

/// <summary>Pre-commits and aborts of single transactions; each method is one KV transaction.</summary>
internal sealed class TxnAborter(TxnContext context)
{
    /// <exception cref="MetaServiceException">The request is refused; nothing was written.</exception>
    public Task<PrecommitTxnResponse> PrecommitAsync(PrecommitTxnRequest request, CancellationToken cancellationToken)
    {
        TxnRules.Id(request.HasTxnId, request.TxnId, "txn_id");
        if (request.HasPrecommitTimeoutMs)
        {
            TxnRules.Id(true, request.PrecommitTimeoutMs, "precommit_timeout_ms");
        }

        return context.Runner.RunAsync(
            async (transaction, token) =>
            {
                var instanceId = await TxnContext.ResolveAsync(transaction, request.CloudUniqueId, token).ConfigureAwait(false);
                var txn = request.HasDbId
                    ? await TxnStore.LoadAsync(
                        transaction, instanceId, TxnRules.Id(true, request.DbId, "db_id"), request.TxnId, token)
                        .ConfigureAwait(false)
                    : await TxnStore.LoadAsync(transaction, instanceId, request.TxnId, token).ConfigureAwait(false);
                var timeout = TxnRules.Precommit(txn, request, context.Now);
                TxnStore.Save(transaction, instanceId, txn);
                TxnStore.SaveRunning(transaction, instanceId, txn, timeout);
                return new PrecommitTxnResponse { TxnId = txn.TxnId };
            },
            cancellationToken);
    }

    /// <summary>Aborts a transaction, found by its id or else as the one of its label that is open.</summary>
    /// <param name="origin">Who asks; null for a node, whose work it is.</param>
    /// <exception cref="MetaServiceException">The request is refused; nothing was written.</exception>
    public Task<AbortTxnResponse> AbortAsync(
        AbortTxnRequest request, ChangeOrigin? origin, CancellationToken cancellationToken)
    {
        var byId = request.HasTxnId && request.TxnId >= 0;
        if (!byId && (!request.HasDbId || request.DbId < 0 || request.Label.Length == 0))
        {
            throw Errors.Invalid("txn_id, or db_id and label, are required and must not be negative or empty");
        }

        return AuditedChange.RunAsync(
            context.Runner,
            origin,
            context.Time,
            async (change, token) =>
            {
                var transaction = change.Transaction;
                var instanceId = await TxnContext.ResolveAsync(transaction, request.CloudUniqueId, token).ConfigureAwait(false);
                var txn = byId
                    ? await TxnStore.LoadAsync(transaction, instanceId, request.TxnId, token).ConfigureAwait(false)
                    : await FindOpenAsync(transaction, instanceId, request.DbId, request.Label, token).ConfigureAwait(false);
                var before = txn.Clone();
                TxnRules.Abort(txn, request.Reason, request.CommitAttachment, context.Now);
                TxnStore.SaveFinished(transaction, instanceId, txn);
                change.Note(instanceId, before, txn);
                return new AbortTxnResponse { TxnInfo = txn };
            },
            cancellationToken);
    }

    private static async ValueTask<TxnInfoPB> FindOpenAsync(
        IKvTransaction transaction, string instanceId, long dbId, string label, CancellationToken token)
    {
        var key = Key.TxnLabel(instanceId, dbId, TxnRules.Label(label, "label"));
        var stored = await transaction.GetAsync(key, cancellationToken: token).ConfigureAwait(false)
            ?? throw TxnErrors.LabelNotFound(dbId, label);
        foreach (var txnId in stored.Record.TxnIds)
        {
            var txn = await transaction.GetAsync(Key.TxnInfo(instanceId, dbId, txnId), cancellationToken: token)
                .ConfigureAwait(false);
            if (txn is not null && TxnRules.IsOpen(txn))
            {
                return txn;
            }
        }

        throw TxnErrors.NoOpenTxnOfLabel(dbId, label);
    }
}
