using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Own;
using MetaService.Storage;
using Status = MetaService.Records.Cloud.TxnStatusPB;

namespace MetaService.Domain.Txns;

/// <summary>Begins transactions.</summary>
/// <remarks>
/// A transaction's id is made from the versionstamp of a commit, and keys hold it in a form that the store cannot fill in at
/// commit. So there are two KV transactions, as stored data demands. The first only makes the id: it stamps the label record,
/// which changes nothing that anybody acts upon; if the second never follows, a label without transactions is left, and it is
/// free. The second makes the whole change at once: label, info, index, running. Both judge the label and read it, so that of
/// several begins of one label exactly one wins. The second is for one fixed id: run again, it cannot begin two.
/// </remarks>
internal sealed class TxnBeginner(TxnContext context)
{
    /// <summary>Begins a transaction.</summary>
    /// <exception cref="MetaServiceException">
    /// The request is refused; nothing was written. A label in use comes with a partial response that says whose it is:
    /// <c>TXN_DUPLICATED_REQ</c> with dup_txn_id when the request is one that has been carried out, else
    /// <c>TXN_LABEL_ALREADY_USED</c> with the status of the transaction that has it.
    /// </exception>
    public async Task<BeginTxnResponse> BeginAsync(BeginTxnRequest request, CancellationToken cancellationToken)
    {
        // A request that can only fail leaves no stamped label behind.
        var draft = TxnRules.Begin(request.TxnInfo, context.Now);
        draft.TxnId = long.MaxValue;
        TxnStore.EnsureFits(draft);
        while (true)
        {
            var (_, stamp) = await context.Runner.RunStampedAsync(
                (transaction, token) => StampAsync(transaction, request, token), cancellationToken).ConfigureAwait(false);
            var txnId = IdFrom(stamp);
            var response = await context.Runner.RunAsync(
                (transaction, token) => WriteAsync(transaction, request, txnId, stamp!.Value, token), cancellationToken)
                .ConfigureAwait(false);
            if (response is not null)
            {
                return response;
            }
        }
    }

    /// <summary>
    /// An id above those of all transactions that have begun, and below those of all that will. A begin that has made its id
    /// already but not its change yet would be neither: the fence, which each begin reads, makes it take a new id.
    /// </summary>
    /// <exception cref="MetaServiceException">The request is refused; nothing was written.</exception>
    public async Task<GetCurrentMaxTxnResponse> GetCurrentMaxAsync(
        GetCurrentMaxTxnRequest request, CancellationToken cancellationToken)
    {
        var (_, stamp) = await context.Runner.RunStampedAsync(
            async (transaction, token) =>
            {
                var instanceId = await TxnContext.ResolveAsync(transaction, request.CloudUniqueId, token).ConfigureAwait(false);
                transaction.SetWithCommitStamp(Key.TxnFence(instanceId), new TxnFencePB());
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        return new GetCurrentMaxTxnResponse { CurrentMaxTxnId = IdFrom(stamp) };
    }

    /// <summary>The id of a commit that has written something.</summary>
    /// <exception cref="MetaServiceException">Too many commits share its version.</exception>
    public static long IdFrom(Versionstamp? stamp) =>
        TxnId.TryFromVersionstamp(stamp ?? throw new InvalidOperationException("a commit without a versionstamp"), out var txnId)
            ? txnId
            : throw TxnErrors.NoIdFromStamp();

    private async ValueTask<bool> StampAsync(IKvTransaction transaction, BeginTxnRequest request, CancellationToken token)
    {
        var instanceId = await TxnContext.ResolveAsync(transaction, request.CloudUniqueId, token).ConfigureAwait(false);
        var (key, label) = await LoadLabelAsync(transaction, instanceId, request.TxnInfo, token).ConfigureAwait(false);
        await EnsureFreeAsync(transaction, instanceId, label, request.TxnInfo, token).ConfigureAwait(false);
        transaction.SetWithCommitStamp(key, label);
        return true;
    }

    /// <summary>Null when the id cannot be used any more: a new one is needed.</summary>
    private async ValueTask<BeginTxnResponse?> WriteAsync(
        IKvTransaction transaction, BeginTxnRequest request, long txnId, Versionstamp stamp, CancellationToken token)
    {
        var instanceId = await TxnContext.ResolveAsync(transaction, request.CloudUniqueId, token).ConfigureAwait(false);
        var (key, label) = await LoadLabelAsync(transaction, instanceId, request.TxnInfo, token).ConfigureAwait(false);
        await EnsureFreeAsync(transaction, instanceId, label, request.TxnInfo, token).ConfigureAwait(false);

        // Somebody was told that all transactions up to a newer one have begun.
        var fence = await transaction.GetAsync(Key.TxnFence(instanceId), cancellationToken: token).ConfigureAwait(false);
        if (fence?.Stamp > stamp)
        {
            return null;
        }

        // Other services of this kind may share the store and take the id that they find in the label: it may be this one.
        var index = Key.TxnIndex(instanceId, txnId);
        if (await transaction.GetAsync(index, cancellationToken: token).ConfigureAwait(false) is not null)
        {
            return null;
        }

        var txn = TxnRules.Begin(request.TxnInfo, context.Now);
        txn.TxnId = txnId;
        label.TxnIds.Add(txnId);
        transaction.SetWithCommitStamp(key, label); // As upstream stores it: the stamp of this commit, not the one in the id.
        transaction.Set(index, new TxnIndexPB { TabletIndex = new TabletIndexPB { DbId = txn.DbId } });
        TxnStore.Save(transaction, instanceId, txn);
        TxnStore.SaveRunning(transaction, instanceId, txn, TxnRules.PrepareTimeout(txn));
        return new BeginTxnResponse { TxnId = txnId };
    }

    private static async ValueTask<(StampedRecordKey<TxnLabelPB> Key, TxnLabelPB Label)> LoadLabelAsync(
        IKvTransaction transaction, string instanceId, TxnInfoPB requested, CancellationToken token)
    {
        var key = Key.TxnLabel(instanceId, requested.DbId, requested.Label);
        var stored = await transaction.GetAsync(key, cancellationToken: token).ConfigureAwait(false);
        return (key, stored?.Record ?? new TxnLabelPB());
    }

    /// <exception cref="MetaServiceException">Not all of the label's transactions are aborted, or too many are.</exception>
    private async ValueTask EnsureFreeAsync(
        IKvTransaction transaction, string instanceId, TxnLabelPB label, TxnInfoPB requested, CancellationToken token)
    {
        var aborted = 0;
        foreach (var txnId in label.TxnIds.Reverse())
        {
            var txn = await TxnStore.LoadAsync(transaction, instanceId, requested.DbId, txnId, token).ConfigureAwait(false);
            if (txn.Status != Status.TxnStatusAborted)
            {
                var isRepeated = TxnRules.IsOpen(txn) && requested.RequestId is { } requestId && requestId.Equals(txn.RequestId);
                throw isRepeated ? TxnErrors.DuplicatedRequest(txn) : TxnErrors.LabelInUse(txn);
            }

            if (++aborted >= context.Options.MaxAbortedPerLabel)
            {
                throw TxnErrors.TooManyAborted(requested.Label, context.Options.MaxAbortedPerLabel);
            }
        }
    }
}
