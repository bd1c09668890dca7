using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.Server.Rpc;

/// <summary>The one table from failures of the store to the codes that RPC callers know and retry on.</summary>
public static class RpcCode
{
    public static MetaServiceCode Of(KvError error) => error switch
    {
        KvError.Conflict => MetaServiceCode.KvTxnConflict,
        KvError.TooOld => MetaServiceCode.KvTxnTooOld,
        KvError.TooLarge => MetaServiceCode.InvalidArgument,
        KvError.CommitUnknown => MetaServiceCode.KvTxnMaybeCommitted,
        _ => MetaServiceCode.KvTxnCommitErr,
    };

    public static string Message(KvException e) => e.Error switch
    {
        KvError.Conflict => "too many changes of the same record at once, nothing was applied: try again",
        KvError.CommitUnknown => "the store did not answer: the change may or may not have been applied, read it back",
        KvError.TooLarge => $"the request needs more than one record or change may hold: {e.Message}",
        _ => "the store cannot be reached, nothing was applied: try again",
    };
}
