using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Domain.Tablets;

/// <summary>The records that a new tablet consists of.</summary>
/// <param name="Index">Its ids.</param>
/// <param name="Meta">Its meta, without schema and rowsets.</param>
/// <param name="Schema">Its schema, unless the request only named a version that is stored already.</param>
/// <param name="FirstRowset">The empty rowset that it starts with, if any.</param>
/// <param name="Stats">Its statistics.</param>
internal sealed record NewTablet(
    TabletIndexPB Index, TabletMetaCloudPB Meta, TabletSchemaCloudPB? Schema, RowsetMetaCloudPB? FirstRowset,
    TabletStatsPB Stats);

/// <summary>Rules for tablets; pure functions of records.</summary>
internal static class TabletRules
{
    // The first rowset covers versions 0 and 1 and is empty: compactions start behind it.
    private const long FirstCumulativePoint = 2;

    /// <summary>Checks the description of a tablet and parts it into the records to store.</summary>
    /// <exception cref="MetaServiceException">The description is refused.</exception>
    public static NewTablet Create(TabletMetaCloudPB request, long dbId)
    {
        Check(request);
        var meta = request.Clone();
        var schema = meta.Schema;
        if (schema is not null)
        {
            SchemaStore.UseBackendTypeNames(schema);
            meta.SchemaVersion = schema.SchemaVersion;
            meta.Schema = null;
        }

        RowsetMetaCloudPB? first = null;
        if (meta.RsMetas.Count == 1)
        {
            first = meta.RsMetas[0];
            first.IndexId = meta.IndexId;
            first.SchemaVersion = meta.SchemaVersion;
            first.TabletSchema = null;
            meta.RsMetas.Clear();
            TabletArguments.Fits(first, "tablet_metas.rs_metas");
        }

        TabletArguments.Fits(meta, "tablet_metas");
        var index = new TabletIndexPB
        {
            DbId = dbId,
            TableId = meta.TableId,
            IndexId = meta.IndexId,
            PartitionId = meta.PartitionId,
            TabletId = meta.TabletId,
        };
        return new NewTablet(index, meta, schema, first, FirstStats(index, first is null ? 0 : 1));
    }

    /// <summary>Applies the properties that a request sets; the others stay.</summary>
    /// <returns>What to set disable_auto_compaction of the tablet's schema to; null to leave it.</returns>
    public static bool? Update(TabletMetaCloudPB meta, TabletMetaInfoPB change)
    {
        if (change.HasIsInMemory)
        {
            meta.IsInMemory = change.IsInMemory;
        }

        if (change.HasIsPersistent)
        {
            meta.IsPersistent = change.IsPersistent;
        }

        if (change.HasTtlSeconds)
        {
            meta.TtlSeconds = TabletArguments.NotNegative(change.TtlSeconds, "tablet_meta_infos.ttl_seconds");
        }

        if (change.HasCompactionPolicy)
        {
            meta.CompactionPolicy = change.CompactionPolicy;
        }

        if (change.HasTimeSeriesCompactionGoalSizeMbytes)
        {
            meta.TimeSeriesCompactionGoalSizeMbytes = change.TimeSeriesCompactionGoalSizeMbytes;
        }

        if (change.HasTimeSeriesCompactionFileCountThreshold)
        {
            meta.TimeSeriesCompactionFileCountThreshold = change.TimeSeriesCompactionFileCountThreshold;
        }

        if (change.HasTimeSeriesCompactionTimeThresholdSeconds)
        {
            meta.TimeSeriesCompactionTimeThresholdSeconds = change.TimeSeriesCompactionTimeThresholdSeconds;
        }

        if (change.HasTimeSeriesCompactionEmptyRowsetsThreshold)
        {
            meta.TimeSeriesCompactionEmptyRowsetsThreshold = change.TimeSeriesCompactionEmptyRowsetsThreshold;
        }

        if (change.HasTimeSeriesCompactionLevelThreshold)
        {
            meta.TimeSeriesCompactionLevelThreshold = change.TimeSeriesCompactionLevelThreshold;
        }

        return change.HasDisableAutoCompaction ? change.DisableAutoCompaction : null;
    }

    private static void Check(TabletMetaCloudPB request)
    {
        TabletArguments.Id(request.TableId, "tablet_metas.table_id");
        TabletArguments.Id(request.IndexId, "tablet_metas.index_id");
        TabletArguments.Id(request.PartitionId, "tablet_metas.partition_id");
        TabletArguments.Id(request.TabletId, "tablet_metas.tablet_id");
        TabletArguments.Complete(request, "tablet_metas");
        if (request.Schema is null && !request.HasSchemaVersion)
        {
            throw TabletErrors.NoSchema(request.TabletId);
        }

        TabletArguments.NotNegative(request.Schema?.SchemaVersion ?? request.SchemaVersion, "tablet_metas.schema_version");
        if (request.RsMetas.Count > 1)
        {
            throw Errors.Invalid("tablet_metas.rs_metas must hold at most one rowset");
        }

        if (request.RsMetas.Count == 1)
        {
            TabletArguments.NotNegative(request.RsMetas[0].StartVersion, "tablet_metas.rs_metas.start_version");
            TabletArguments.NotNegative(request.RsMetas[0].EndVersion, "tablet_metas.rs_metas.end_version");
        }
    }

    private static TabletStatsPB FirstStats(TabletIndexPB index, int rowsets) => new()
    {
        Idx = new TabletIndexPB
        {
            TableId = index.TableId,
            IndexId = index.IndexId,
            PartitionId = index.PartitionId,
            TabletId = index.TabletId,
        },
        NumRowsets = rowsets,
        NumSegments = 0,
        BaseCompactionCnt = 0,
        CumulativeCompactionCnt = 0,
        CumulativePoint = FirstCumulativePoint,
    };
}
