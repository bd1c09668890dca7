using MetaService.Domain.Txns;
using MetaService.Records.Cloud;
using MetaService.Server.Access;

namespace MetaService.Server.Rpc;

/// <summary>RPCs on load transactions.</summary>
public static class LoadRpcs
{
    public static void AddTo(RpcCatalogue rpcs, TxnService txns)
    {
        rpcs.Add<BeginTxnRequest, BeginTxnResponse>("begin_txn", Scopes.Operate, txns.BeginTxnAsync);
        rpcs.Add<PrecommitTxnRequest, PrecommitTxnResponse>("precommit_txn", Scopes.Operate, txns.PrecommitTxnAsync);
        rpcs.Add<CommitTxnRequest, CommitTxnResponse>("commit_txn", Scopes.Operate, txns.CommitTxnAsync);
        rpcs.Add<AbortTxnRequest, AbortTxnResponse>(
            "abort_txn", Scopes.Operate, (request, origin, token) => txns.AbortTxnAsync(request, origin.UnlessNode, token));
        rpcs.Add<GetTxnRequest, GetTxnResponse>("get_txn", Scopes.Read, txns.GetTxnAsync);
        rpcs.Add<GetTxnIdRequest, GetTxnIdResponse>("get_txn_id", Scopes.Read, txns.GetTxnIdAsync);
        rpcs.Add<GetCurrentMaxTxnRequest, GetCurrentMaxTxnResponse>(
            "get_current_max_txn_id", Scopes.Read, txns.GetCurrentMaxTxnIdAsync);
        rpcs.Add<CheckTxnConflictRequest, CheckTxnConflictResponse>(
            "check_txn_conflict", Scopes.Read, txns.CheckTxnConflictAsync);
        rpcs.Add<CleanTxnLabelRequest, CleanTxnLabelResponse>("clean_txn_label", Scopes.Operate, txns.CleanTxnLabelAsync);
        rpcs.Add<BeginSubTxnRequest, BeginSubTxnResponse>("begin_sub_txn", Scopes.Operate, txns.BeginSubTxnAsync);
        rpcs.Add<AbortSubTxnRequest, AbortSubTxnResponse>("abort_sub_txn", Scopes.Operate, txns.AbortSubTxnAsync);
        rpcs.Add<AbortTxnWithCoordinatorRequest, AbortTxnWithCoordinatorResponse>(
            "abort_txn_with_coordinator", Scopes.Operate, txns.AbortTxnWithCoordinatorAsync);
        rpcs.Add<GetPrepareTxnByCoordinatorRequest, GetPrepareTxnByCoordinatorResponse>(
            "get_prepare_txn_by_coordinator", Scopes.Read, txns.GetPrepareTxnByCoordinatorAsync);
        rpcs.Add<GetRLTaskCommitAttachRequest, GetRLTaskCommitAttachResponse>(
            "get_rl_task_commit_attach", Scopes.Read, txns.GetRlTaskCommitAttachAsync);
        rpcs.Add<ResetRLProgressRequest, ResetRLProgressResponse>("reset_rl_progress", Scopes.Operate, txns.ResetRlProgressAsync);
        rpcs.Add<GetStreamingTaskCommitAttachRequest, GetStreamingTaskCommitAttachResponse>(
            "get_streaming_task_commit_attach", Scopes.Read, txns.GetStreamingTaskCommitAttachAsync);
        rpcs.Add<DeleteStreamingJobRequest, DeleteStreamingJobResponse>(
            "delete_streaming_job", Scopes.Operate, txns.DeleteStreamingJobAsync);
        rpcs.Add<ResetStreamingJobOffsetRequest, ResetStreamingJobOffsetResponse>(
            "reset_streaming_job_offset", Scopes.Operate, txns.ResetStreamingJobOffsetAsync);
    }
}
