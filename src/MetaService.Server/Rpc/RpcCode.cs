using System.Collections.Frozen;
using Google.Protobuf.Reflection;
using MetaService.Records.Cloud;
using MetaService.Server.Limits;
using MetaService.Storage;

namespace MetaService.Server.Rpc;

/// <summary>The one table from failures of the store to the codes that RPC callers know and retry on.</summary>
public static class RpcCode
{
    private static readonly FrozenDictionary<int, string> Names = CloudReflection.Descriptor
        .FindTypeByName<EnumDescriptor>("MetaServiceCode").Values
        .DistinctBy(value => value.Number).ToFrozenDictionary(value => value.Number, value => value.Name);

    /// <summary>The name of a code as it is on the wire, such as <c>TXN_ID_NOT_FOUND</c>.</summary>
    public static string NameOf(MetaServiceCode code) => Names.GetValueOrDefault((int)code) ?? code.ToString();

    /// <summary>The outcome of a call that is refused because there are too many.</summary>
    public static MetaServiceResponseStatus StatusOf(Admittance refusal) =>
        new() { Code = MetaServiceCode.MaxQpsLimit, Msg = LoadControl.Message(refusal) };

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
