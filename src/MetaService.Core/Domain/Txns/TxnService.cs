using MetaService.Domain.Audit;
using MetaService.Records.Cloud;
using MetaService.Records.Own;
using MetaService.Storage;

namespace MetaService.Domain.Txns;

/// <summary>
/// Load transactions: the methods are the RPCs of that name. A refusal is a <see cref="MetaServiceException"/> and changes
/// nothing; the status of the response is for the caller to fill in.
/// </summary>
public sealed class TxnService
{
    private readonly TxnBeginner _beginner;
    private readonly TxnAborter _aborter;
    private readonly TxnCommitter _committer;
    private readonly LazyCommitter _lazy;
    private readonly SubTxns _subTxns;
    private readonly CoordinatorTxns _coordinators;
    private readonly TxnReader _reader;
    private readonly TxnLister _lister;
    private readonly LabelCleaner _labels;
    private readonly LoadJobs _loadJobs;

    public TxnService(TransactionRunner runner, TimeProvider time, TxnOptions options)
    {
        var context = new TxnContext(runner, time, options);
        _beginner = new TxnBeginner(context);
        _aborter = new TxnAborter(context);
        _lazy = new LazyCommitter(context);
        _committer = new TxnCommitter(context, _lazy);
        _subTxns = new SubTxns(context);
        _coordinators = new CoordinatorTxns(context);
        _reader = new TxnReader(context);
        _lister = new TxnLister(context);
        _labels = new LabelCleaner(context);
        _loadJobs = new LoadJobs(context);
    }

    /// <summary>
    /// Begins a transaction. A label in use is refused with a partial response: <c>TXN_DUPLICATED_REQ</c> with dup_txn_id, or
    /// <c>TXN_LABEL_ALREADY_USED</c>, both with txn_status.
    /// </summary>
    public Task<BeginTxnResponse> BeginTxnAsync(BeginTxnRequest request, CancellationToken cancellationToken = default) =>
        _beginner.BeginAsync(request, cancellationToken);

    /// <summary>Readies a transaction for a commit in two phases.</summary>
    public Task<PrecommitTxnResponse> PrecommitTxnAsync(
        PrecommitTxnRequest request, CancellationToken cancellationToken = default) =>
        _aborter.PrecommitAsync(request, cancellationToken);

    /// <summary>Commits a transaction and makes it visible.</summary>
    public Task<CommitTxnResponse> CommitTxnAsync(CommitTxnRequest request, CancellationToken cancellationToken = default) =>
        _committer.CommitAsync(request, cancellationToken);

    /// <summary>Aborts a transaction, by id or by label.</summary>
    public Task<AbortTxnResponse> AbortTxnAsync(AbortTxnRequest request, CancellationToken cancellationToken = default) =>
        AbortTxnAsync(request, null, cancellationToken);

    /// <summary>Aborts a transaction, by id or by label.</summary>
    /// <param name="origin">Who asks, for the audit; null for a node, whose work it is.</param>
    public Task<AbortTxnResponse> AbortTxnAsync(
        AbortTxnRequest request, ChangeOrigin? origin, CancellationToken cancellationToken = default) =>
        _aborter.AbortAsync(request, origin, cancellationToken);

    /// <summary>
    /// Makes a committed transaction visible: for whoever meets it among a partition's pending_txn_ids, and for operators. One
    /// that is visible already is fine.
    /// </summary>
    public Task<TxnInfoPB> DriveCommittedTxnAsync(string instanceId, long txnId, CancellationToken cancellationToken = default) =>
        DriveCommittedTxnAsync(instanceId, txnId, null, cancellationToken);

    /// <inheritdoc cref="DriveCommittedTxnAsync(string,long,CancellationToken)"/>
    /// <param name="origin">Who asks, for the audit; null for the service itself.</param>
    public Task<TxnInfoPB> DriveCommittedTxnAsync(
        string instanceId, long txnId, ChangeOrigin? origin, CancellationToken cancellationToken = default) =>
        _lazy.DriveAsync(Check.InstanceId(instanceId), TxnRules.Id(true, txnId, "txn_id"), origin, cancellationToken);

    /// <summary>A transaction, by its id, or else the newest of a label.</summary>
    public Task<GetTxnResponse> GetTxnAsync(GetTxnRequest request, CancellationToken cancellationToken = default) =>
        _reader.GetAsync(request, cancellationToken);

    /// <summary>The newest transaction of a label, or the oldest that has one of the given statuses.</summary>
    public Task<GetTxnIdResponse> GetTxnIdAsync(GetTxnIdRequest request, CancellationToken cancellationToken = default) =>
        _reader.GetIdAsync(request, cancellationToken);

    /// <summary>An id above those of all transactions that have begun, and below those of all that will.</summary>
    public Task<GetCurrentMaxTxnResponse> GetCurrentMaxTxnIdAsync(
        GetCurrentMaxTxnRequest request, CancellationToken cancellationToken = default) =>
        _beginner.GetCurrentMaxAsync(request, cancellationToken);

    /// <summary>Whether all transactions that were begun before another one and touch some tables are through.</summary>
    public Task<CheckTxnConflictResponse> CheckTxnConflictAsync(
        CheckTxnConflictRequest request, CancellationToken cancellationToken = default) =>
        _reader.CheckConflictAsync(request, cancellationToken);

    /// <summary>Removes the finished transactions of some labels, or of all labels of a database.</summary>
    public Task<CleanTxnLabelResponse> CleanTxnLabelAsync(
        CleanTxnLabelRequest request, CancellationToken cancellationToken = default) =>
        _labels.CleanAsync(request, cancellationToken);

    /// <summary>Begins a part of a transaction load.</summary>
    public Task<BeginSubTxnResponse> BeginSubTxnAsync(
        BeginSubTxnRequest request, CancellationToken cancellationToken = default) =>
        _subTxns.BeginAsync(request, cancellationToken);

    /// <summary>Ends a part of a transaction load without its data.</summary>
    public Task<AbortSubTxnResponse> AbortSubTxnAsync(
        AbortSubTxnRequest request, CancellationToken cancellationToken = default) =>
        _subTxns.AbortAsync(request, cancellationToken);

    /// <summary>Aborts the prepared transactions that a BE node coordinates.</summary>
    public Task<AbortTxnWithCoordinatorResponse> AbortTxnWithCoordinatorAsync(
        AbortTxnWithCoordinatorRequest request, CancellationToken cancellationToken = default) =>
        _coordinators.AbortAsync(request, cancellationToken);

    /// <summary>The prepared transactions that a BE node coordinates.</summary>
    public Task<GetPrepareTxnByCoordinatorResponse> GetPrepareTxnByCoordinatorAsync(
        GetPrepareTxnByCoordinatorRequest request, CancellationToken cancellationToken = default) =>
        _coordinators.GetAsync(request, cancellationToken);

    /// <summary>A page of an instance's transactions, for operators.</summary>
    public Task<ListTxnsResponse> ListTxnsAsync(ListTxnsRequest request, CancellationToken cancellationToken = default) =>
        _lister.ListAsync(request, cancellationToken);

    /// <summary>How far a routine load job has come.</summary>
    public Task<GetRLTaskCommitAttachResponse> GetRlTaskCommitAttachAsync(
        GetRLTaskCommitAttachRequest request, CancellationToken cancellationToken = default) =>
        _loadJobs.GetRoutineLoadAsync(request, cancellationToken);

    /// <summary>Sets where a routine load job goes on, or forgets its progress.</summary>
    public Task<ResetRLProgressResponse> ResetRlProgressAsync(
        ResetRLProgressRequest request, CancellationToken cancellationToken = default) =>
        _loadJobs.ResetRoutineLoadAsync(request, cancellationToken);

    /// <summary>How far a streaming job has come.</summary>
    public Task<GetStreamingTaskCommitAttachResponse> GetStreamingTaskCommitAttachAsync(
        GetStreamingTaskCommitAttachRequest request, CancellationToken cancellationToken = default) =>
        _loadJobs.GetStreamingAsync(request, cancellationToken);

    /// <summary>Forgets the progress of a streaming job.</summary>
    public Task<DeleteStreamingJobResponse> DeleteStreamingJobAsync(
        DeleteStreamingJobRequest request, CancellationToken cancellationToken = default) =>
        _loadJobs.DeleteStreamingAsync(request, cancellationToken);

    /// <summary>Sets where a streaming job goes on.</summary>
    public Task<ResetStreamingJobOffsetResponse> ResetStreamingJobOffsetAsync(
        ResetStreamingJobOffsetRequest request, CancellationToken cancellationToken = default) =>
        _loadJobs.ResetStreamingAsync(request, cancellationToken);
}
