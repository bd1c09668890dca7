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
    }
}
