using MetaService.Domain.Tablets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;
using CompactionType = MetaService.Records.Cloud.TabletCompactionJobPB.Types.CompactionType;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Domain.Jobs;

/// <summary>What finished jobs do to the statistics of a tablet.</summary>
internal static class JobStats
{
    /// <summary>
    /// The aggregated record, to be changed, and the counters beside it. Only the first is read for good: the counters are for
    /// the reply, and loads that add to them meanwhile must not make the job conflict.
    /// </summary>
    /// <exception cref="MetaServiceException">The tablet is unknown.</exception>
    public static async ValueTask<(TabletStatsPB Aggregated, TabletStatsPB Detached)> LoadAsync(
        IKvTransaction transaction, string instanceId, TabletIndexPB tablet, CancellationToken cancellationToken)
    {
        var aggregated = await transaction.GetAsync(Key.StatsTablet(instanceId, tablet), cancellationToken: cancellationToken)
            .ConfigureAwait(false) ?? throw TabletErrors.TabletNotFound(tablet.TabletId);
        var stored = await transaction.GetTabletStatsAsync(instanceId, tablet, snapshot: true, cancellationToken)
            .ConfigureAwait(false);
        return (aggregated, stored?.Detached ?? new TabletStatsPB());
    }

    /// <summary>Whether the sizes of indexes and segments are kept apart.</summary>
    public static bool TracksParts(TabletStatsPB aggregated, TabletStatsPB detached) =>
        aggregated.HasIndexSize || aggregated.HasSegmentSize || detached.HasIndexSize || detached.HasSegmentSize;

    /// <summary>Counts a compaction and moves the cumulative point, which never goes back.</summary>
    public static void CountCompaction(TabletStatsPB stats, CompactionType type, long outputPoint, DateTimeOffset now)
    {
        var ms = now.ToUnixTimeMilliseconds();
        switch (type)
        {
            case CompactionType.Base:
                stats.BaseCompactionCnt++;
                stats.LastBaseCompactionTimeMs = ms;
                return;
            case CompactionType.Full:
                stats.BaseCompactionCnt++;
                stats.FullCompactionCnt++;
                stats.LastFullCompactionTimeMs = ms;
                break;
            default:
                stats.CumulativeCompactionCnt++;
                stats.LastCumuCompactionTimeMs = ms;
                break;
        }

        stats.CumulativePoint = Math.Max(stats.CumulativePoint, outputPoint);
    }
}
