using MetaService.Domain.Txns;
using MetaService.Records.Cloud;

namespace MetaService.Server.Rpc;

/// <summary>RPCs on load transactions.</summary>
public static class LoadRpcs
{
    public static void AddTo(RpcCatalogue rpcs, TxnService txns)
    {
        rpcs.Add<BeginTxnRequest, BeginTxnResponse>("begin_txn", txns.BeginTxnAsync);
        rpcs.Add<PrecommitTxnRequest, PrecommitTxnResponse>("precommit_txn", txns.PrecommitTxnAsync);
        rpcs.Add<CommitTxnRequest, CommitTxnResponse>("commit_txn", txns.CommitTxnAsync);
        rpcs.Add<AbortTxnRequest, AbortTxnResponse>("abort_txn", txns.AbortTxnAsync);
        rpcs.Add<GetTxnRequest, GetTxnResponse>("get_txn", txns.GetTxnAsync);
        rpcs.Add<GetTxnIdRequest, GetTxnIdResponse>("get_txn_id", txns.GetTxnIdAsync);
        rpcs.Add<GetCurrentMaxTxnRequest, GetCurrentMaxTxnResponse>("get_current_max_txn_id", txns.GetCurrentMaxTxnIdAsync);
        rpcs.Add<CheckTxnConflictRequest, CheckTxnConflictResponse>("check_txn_conflict", txns.CheckTxnConflictAsync);
        rpcs.Add<CleanTxnLabelRequest, CleanTxnLabelResponse>("clean_txn_label", txns.CleanTxnLabelAsync);
        rpcs.Add<BeginSubTxnRequest, BeginSubTxnResponse>("begin_sub_txn", txns.BeginSubTxnAsync);
        rpcs.Add<AbortSubTxnRequest, AbortSubTxnResponse>("abort_sub_txn", txns.AbortSubTxnAsync);
        rpcs.Add<AbortTxnWithCoordinatorRequest, AbortTxnWithCoordinatorResponse>(
            "abort_txn_with_coordinator", txns.AbortTxnWithCoordinatorAsync);
        rpcs.Add<GetPrepareTxnByCoordinatorRequest, GetPrepareTxnByCoordinatorResponse>(
            "get_prepare_txn_by_coordinator", txns.GetPrepareTxnByCoordinatorAsync);
        rpcs.Add<GetRLTaskCommitAttachRequest, GetRLTaskCommitAttachResponse>(
            "get_rl_task_commit_attach", txns.GetRlTaskCommitAttachAsync);
        rpcs.Add<ResetRLProgressRequest, ResetRLProgressResponse>("reset_rl_progress", txns.ResetRlProgressAsync);
        rpcs.Add<GetStreamingTaskCommitAttachRequest, GetStreamingTaskCommitAttachResponse>(
            "get_streaming_task_commit_attach", txns.GetStreamingTaskCommitAttachAsync);
        rpcs.Add<DeleteStreamingJobRequest, DeleteStreamingJobResponse>("delete_streaming_job", txns.DeleteStreamingJobAsync);
        rpcs.Add<ResetStreamingJobOffsetRequest, ResetStreamingJobOffsetResponse>(
            "reset_streaming_job_offset", txns.ResetStreamingJobOffsetAsync);
    }
}
