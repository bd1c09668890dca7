using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Storage;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Domain.Tablets;

/// <summary>Finds tablets and their records.</summary>
internal static class TabletStore
{
    /// <summary>
    /// The four ids of a tablet. Those that the request leaves out are looked up by the tablet's id; those that it gives must be
    /// right as far as they are looked at.
    /// </summary>
    /// <exception cref="MetaServiceException">An id is out of range, the tablet is unknown, or its ids are others.</exception>
    public static async ValueTask<TabletIndexPB> CompleteAsync(
        IKvReader reader, string instanceId, TabletIndexPB? given, string field, CancellationToken cancellationToken)
    {
        if (given is null)
        {
            throw Errors.Missing(field);
        }

        TabletArguments.Id(given.TabletId, $"{field}.tablet_id");
        TabletArguments.NotNegative(given.TableId, $"{field}.table_id");
        TabletArguments.NotNegative(given.IndexId, $"{field}.index_id");
        TabletArguments.NotNegative(given.PartitionId, $"{field}.partition_id");
        var tablet = given.Clone();
        if (tablet.TableId > 0 && tablet.IndexId > 0 && tablet.PartitionId > 0)
        {
            return tablet;
        }

        var stored = await GetIndexAsync(reader, instanceId, tablet.TabletId, cancellationToken).ConfigureAwait(false);
        if ((tablet.TableId > 0 && tablet.TableId != stored.TableId)
            || (tablet.IndexId > 0 && tablet.IndexId != stored.IndexId)
            || (tablet.PartitionId > 0 && tablet.PartitionId != stored.PartitionId))
        {
            throw TabletErrors.IdsDisagree(tablet.TabletId);
        }

        tablet.TableId = stored.TableId;
        tablet.IndexId = stored.IndexId;
        tablet.PartitionId = stored.PartitionId;
        return tablet;
    }

    /// <summary>The stored ids of a tablet.</summary>
    /// <exception cref="MetaServiceException">The tablet is unknown.</exception>
    public static async ValueTask<TabletIndexPB> GetIndexAsync(
        IKvReader reader, string instanceId, long tabletId, CancellationToken cancellationToken) =>
        await reader.GetAsync(Key.MetaTabletIndex(instanceId, tabletId), cancellationToken: cancellationToken)
            .ConfigureAwait(false)
        ?? throw TabletErrors.TabletNotFound(tabletId);

    /// <summary>The meta record of a tablet.</summary>
    /// <exception cref="MetaServiceException">The tablet is unknown.</exception>
    public static async ValueTask<TabletMetaCloudPB> GetMetaAsync(
        IKvReader reader, string instanceId, TabletIndexPB tablet, CancellationToken cancellationToken) =>
        await reader.GetAsync(Key.MetaTablet(instanceId, tablet), cancellationToken: cancellationToken).ConfigureAwait(false)
        ?? throw TabletErrors.TabletNotFound(tablet.TabletId);

    /// <summary>Refuses a tablet whose index or partition has been dropped.</summary>
    /// <exception cref="MetaServiceException">The tablet has been dropped.</exception>
    public static async ValueTask RequireNotDroppedAsync(
        IKvReader reader, string instanceId, TabletIndexPB tablet, CancellationToken cancellationToken)
    {
        var index = await reader.GetAsync(
            Key.RecycleIndex(instanceId, tablet.IndexId), cancellationToken: cancellationToken).ConfigureAwait(false);
        var partition = await reader.GetAsync(
            Key.RecyclePartition(instanceId, tablet.PartitionId), cancellationToken: cancellationToken).ConfigureAwait(false);
        if (IsDropped(index, partition))
        {
            throw TabletErrors.TabletDropped(tablet.TabletId);
        }
    }

    /// <summary>Whether an index or a partition is dropped, by the records that are kept of them while they come or go.</summary>
    public static bool IsDropped(RecycleIndexPB? index, RecyclePartitionPB? partition) =>
        index?.State is RecycleIndexPB.Types.State.Dropped or RecycleIndexPB.Types.State.Recycling
        || partition?.State is RecyclePartitionPB.Types.State.Dropped or RecyclePartitionPB.Types.State.Recycling;
}
