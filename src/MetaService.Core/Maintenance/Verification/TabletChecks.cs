using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Maintenance.Verification;

/// <summary>A tablet with all that belongs to it: index, schema, statistics, rowsets, jobs.</summary>
internal static class TabletChecks
{
    public static async ValueTask MetaAsync(CheckContext context, TabletMetaCloudPB meta)
    {
        var tablet = PlaceOf(context.Key);
        var problems = new List<(DefectKind, string)>();
        var index = await context.Store.TabletAsync(context.InstanceId, tablet.TabletId).ConfigureAwait(false);
        if (!index.Exists)
        {
            var key = Key.MetaTabletIndex(context.InstanceId, tablet.TabletId);
            problems.Add((DefectKinds.TabletIndexMissing, $"there is no {CheckContext.Name(key)}"));
        }
        else if (index.Record is { } place && Key.MetaTablet(context.InstanceId, place) is var named
            && !named.Bytes.AsSpan().SequenceEqual(context.KeyBytes))
        {
            problems.Add((DefectKinds.TabletIndexWrong, $"the index of the tablet points at {CheckContext.Name(named)} instead"));
        }

        if (meta.Schema is null
            && !await context.Store.HasSchemaAsync(context.InstanceId, tablet.IndexId, meta.SchemaVersion).ConfigureAwait(false))
        {
            problems.Add((DefectKinds.SchemaMissing, $"there is no schema of version {meta.SchemaVersion}, which it names"));
        }

        await AddRowsetProblemsAsync(context, tablet, index.Record, problems).ConfigureAwait(false);
        await context.ReportUnlessDroppedAsync(tablet.IndexId, tablet.PartitionId, problems).ConfigureAwait(false);
    }

    public static async ValueTask IndexAsync(CheckContext context, TabletIndexPB index)
    {
        var key = Key.MetaTablet(context.InstanceId, index);
        if (!(await context.Store.GetAsync(key).ConfigureAwait(false)).Exists)
        {
            await context.ReportUnlessDroppedAsync(
                index.IndexId,
                index.PartitionId,
                [(DefectKinds.TabletMetaMissing, $"there is no {CheckContext.Name(key)}, where it points at")])
                .ConfigureAwait(false);
        }
    }

    public static async ValueTask StatsAsync(CheckContext context)
    {
        var tablet = PlaceOf(context.Key);
        var meta = Key.MetaTablet(context.InstanceId, tablet);
        if (!(await context.Store.GetAsync(meta).ConfigureAwait(false)).Exists)
        {
            await context.ReportUnlessDroppedAsync(
                tablet.IndexId,
                tablet.PartitionId,
                [(DefectKinds.TabletMetaMissing, $"there is no {CheckContext.Name(meta)}, which it counts")])
                .ConfigureAwait(false);
        }
    }

    /// <summary>A counter that loads add to is nothing without the record beside it.</summary>
    public static async ValueTask CounterAsync(CheckContext context)
    {
        var tablet = PlaceOf(context.Key);
        if (!await context.Store.HasStatsAsync(context.InstanceId, tablet).ConfigureAwait(false))
        {
            var stats = Key.StatsTablet(context.InstanceId, tablet);
            await context.ReportUnlessDroppedAsync(
                tablet.IndexId,
                tablet.PartitionId,
                [(DefectKinds.TabletStatsMissing, $"there is no {CheckContext.Name(stats)} beside it")]).ConfigureAwait(false);
        }
    }

    public static async ValueTask JobAsync(CheckContext context, TabletJobInfoPB jobs)
    {
        var tablet = PlaceOf(context.Key);
        var meta = Key.MetaTablet(context.InstanceId, tablet);
        var isIdle = jobs.Compaction.Count == 0 && jobs.SchemaChange is null;
        if (!isIdle && !(await context.Store.GetAsync(meta).ConfigureAwait(false)).Exists)
        {
            await context.ReportUnlessDroppedAsync(
                tablet.IndexId,
                tablet.PartitionId,
                [(DefectKinds.TabletJobStray, $"it has jobs of a tablet that there is not: {CheckContext.Name(meta)}")])
                .ConfigureAwait(false);
        }
    }

    private static async ValueTask AddRowsetProblemsAsync(
        CheckContext context, TabletIndexPB tablet, TabletIndexPB? index, List<(DefectKind, string)> problems)
    {
        var stats = await context.Store.StatsAsync(context.InstanceId, tablet).ConfigureAwait(false);
        if (!stats.Exists)
        {
            var key = Key.StatsTablet(context.InstanceId, tablet);
            problems.Add((DefectKinds.TabletStatsMissing, $"there is no {CheckContext.Name(key)}"));
        }
        else if (stats.Record is { } counted)
        {
            problems.AddRange(TabletRecordRules.Problems(counted));
        }

        if (await context.Store.RowsetsAsync(context.InstanceId, tablet.TabletId).ConfigureAwait(false) is not { } rowsets)
        {
            return;
        }

        problems.AddRange(TabletRecordRules.Problems(rowsets));
        if (stats.Record is not null)
        {
            problems.AddRange(TabletRecordRules.Problems(stats.Record, rowsets));
        }

        // Tablets of older services do not know their database, without which the version cannot be found.
        if (index is { HasDbId: true } && rowsets.Count > 0)
        {
            await AddVersionProblemAsync(context, tablet, index.DbId, rowsets[^1], problems).ConfigureAwait(false);
        }
    }

    private static async ValueTask AddVersionProblemAsync(
        CheckContext context, TabletIndexPB tablet, long dbId, RowsetMetaCloudPB last, List<(DefectKind, string)> problems)
    {
        var key = Key.PartitionVersion(context.InstanceId, dbId, tablet.TableId, tablet.PartitionId);
        var version = await context.Store.GetAsync(key).ConfigureAwait(false);
        if (version.Exists && version.Record is null)
        {
            return;
        }

        var highest = PartitionChecks.HighestVersion(version.Record);
        if (last.EndVersion > highest)
        {
            problems.Add((
                DefectKinds.PartitionVersionBehind,
                $"its last visible rowset {KeyPrinter.Escape(last.RowsetIdV2)} ends at version {last.EndVersion}, and "
                + (version.Exists ? $"{CheckContext.Name(key)} allows up to {highest}" : $"there is no {CheckContext.Name(key)}")
                ));
        }
    }

    private static TabletIndexPB PlaceOf(ParsedKey key) => new()
    {
        TableId = key.Number("table_id"),
        IndexId = key.Number("index_id"),
        PartitionId = key.Number("part_id"),
        TabletId = key.Number("tablet_id"),
    };
}
