using MetaService.Records.Cloud;

namespace MetaService.Domain.Txns;

/// <summary>The transactions that one BE node coordinates.</summary>
internal sealed class CoordinatorFilter
{
    private readonly long _id;
    private readonly string _ip;
    private readonly long? _startTime;

    /// <param name="startTime">
    /// When the node has started, in the unit of <see cref="TxnCoordinatorPB.StartTime"/>: only what it began before, in an
    /// earlier life. Null or not positive: everything.
    /// </param>
    /// <exception cref="MetaServiceException">The node's id or ip is missing.</exception>
    public CoordinatorFilter(bool hasId, long id, string ip, long? startTime)
    {
        _id = hasId ? id : throw Errors.Missing("id");
        _ip = Check.Given(ip, "ip");
        _startTime = startTime > 0 ? startTime : null;
    }

    /// <summary>Whether the node coordinates the transaction.</summary>
    public bool Matches(TxnInfoPB txn) =>
        txn.Coordinator is { SourceType: TxnSourceTypePB.TxnSourceTypeBe } coordinator &&
        coordinator.Id == _id &&
        coordinator.Ip == _ip &&
        (_startTime is null || coordinator.StartTime < _startTime);
}
