using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.Domain.Txns;

/// <summary>
/// Load transactions: the methods are the RPCs of that name. A refusal is a <see cref="MetaServiceException"/> and changes nothing.
/// A response has no status when all went well; a refusal that carries data is a response with its status set.
/// </summary>
public sealed class TxnService
{
    private readonly TxnBeginner _beginner;
    private readonly TxnAborter _aborter;
    private readonly TxnCommitter _committer;
    private readonly LazyCommitter _lazy;

    public TxnService(TransactionRunner runner, TimeProvider time, TxnOptions options)
    {
        var context = new TxnContext(runner, time, options);
        _beginner = new TxnBeginner(context);
        _aborter = new TxnAborter(context);
        _lazy = new LazyCommitter(context);
        _committer = new TxnCommitter(context, _lazy);
    }

    /// <summary>
    /// Begins a transaction. A label in use is a response with a status: <c>TXN_DUPLICATED_REQ</c> with dup_txn_id, or
    /// <c>TXN_LABEL_ALREADY_USED</c> with txn_status.
    /// </summary>
    public Task<BeginTxnResponse> BeginTxnAsync(BeginTxnRequest request, CancellationToken cancellationToken = default) =>
        _beginner.BeginAsync(request, cancellationToken);

    /// <summary>Readies a transaction for a commit in two phases.</summary>
    public Task<PrecommitTxnResponse> PrecommitTxnAsync(PrecommitTxnRequest request, CancellationToken cancellationToken = default) =>
        _aborter.PrecommitAsync(request, cancellationToken);

    /// <summary>Commits a transaction and makes it visible.</summary>
    public Task<CommitTxnResponse> CommitTxnAsync(CommitTxnRequest request, CancellationToken cancellationToken = default) =>
        _committer.CommitAsync(request, cancellationToken);

    /// <summary>Aborts a transaction, by id or by label.</summary>
    public Task<AbortTxnResponse> AbortTxnAsync(AbortTxnRequest request, CancellationToken cancellationToken = default) =>
        _aborter.AbortAsync(request, cancellationToken);

    /// <summary>
    /// Makes a committed transaction visible: for whoever meets it among a partition's pending_txn_ids, and for operators. One that
    /// is visible already is fine.
    /// </summary>
    public Task<TxnInfoPB> DriveCommittedTxnAsync(string instanceId, long txnId, CancellationToken cancellationToken = default) =>
        _lazy.DriveAsync(Check.InstanceId(instanceId), TxnRules.Id(true, txnId, "txn_id"), cancellationToken);
}
