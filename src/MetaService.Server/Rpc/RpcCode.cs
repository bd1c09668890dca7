using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.Server.Rpc;

/// <summary>The one table from failures of the store to the codes that RPC callers know and retry on.</summary>
public static class RpcCode
{
    public static MetaServiceCode Of(Exception exception) => exception is KvException e
        ? e.Error switch
        {
            KvError.Conflict => MetaServiceCode.KvTxnConflict,
            KvError.TooOld => MetaServiceCode.KvTxnTooOld,
            KvError.TooLarge => MetaServiceCode.InvalidArgument,
            KvError.CommitUnknown => MetaServiceCode.KvTxnMaybeCommitted,
            KvError.Unavailable => MetaServiceCode.KvTxnCommitErr,
            _ => MetaServiceCode.UndefinedErr,
        }
        : MetaServiceCode.UndefinedErr;

    public static string Message(Exception exception) => Of(exception) switch
    {
        MetaServiceCode.KvTxnConflict => "too many changes of the same record at once, nothing was applied: try again",
        MetaServiceCode.KvTxnMaybeCommitted => "the store did not answer: the change may or may not have been applied, read it back",
        MetaServiceCode.InvalidArgument => $"the request needs more than one record or change may hold: {exception.Message}",
        _ => "the store cannot be reached, nothing was applied: try again",
    };
}
