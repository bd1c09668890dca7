using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;

namespace MetaService.Maintenance.Verification;

/// <summary>Visible rowsets, those to be removed, schemas and delete bitmaps.</summary>
internal static class RowsetChecks
{
    private const string InstanceField = "instance_id";
    private const string TabletField = "tablet_id";

    public static async ValueTask RowsetAsync(CheckContext context, RowsetMetaCloudPB rowset)
    {
        var tabletId = context.Key.Number("tablet_id");
        var tablet = await context.Store.TabletAsync(context.InstanceId, tabletId).ConfigureAwait(false);
        if (!tablet.Exists)
        {
            // A restore by another service writes the rowsets of a tablet before the tablet.
            if ((await context.Store.GetAsync(Key.RestoreTablet(context.InstanceId, tabletId)).ConfigureAwait(false)).Exists)
            {
                return;
            }

            var index = Key.MetaTabletIndex(context.InstanceId, tabletId);
            await context.ReportUnlessDroppedAsync(
                rowset.IndexId,
                rowset.PartitionId,
                [(DefectKinds.RowsetStray, $"it is a rowset of a tablet that there is not: {CheckContext.Name(index)}")])
                .ConfigureAwait(false);
        }
        else if (tablet.Record is { } place)
        {
            await context.ReportUnlessDroppedAsync(
                place.IndexId,
                place.PartitionId,
                await SchemaProblemsAsync(context, place.IndexId, rowset).ConfigureAwait(false)).ConfigureAwait(false);
        }
    }

    /// <summary>A rowset that was taken out of its tablet must not be visible too: its files are removed.</summary>
    public static async ValueTask RecycledAsync(CheckContext context, RecycleRowsetPB recycled)
    {
        var isTakenOut = recycled.Type is RecycleRowsetPB.Types.Type.Compact or RecycleRowsetPB.Types.Type.Drop;
        if (!isTakenOut || recycled.RowsetMeta is not { } rowset)
        {
            return;
        }

        var key = Key.MetaRowset(context.InstanceId, context.Key.Number("tablet_id"), rowset.EndVersion);
        var visible = await context.Store.GetAsync(key).ConfigureAwait(false);
        if (visible.Record?.RowsetIdV2 == rowset.RowsetIdV2)
        {
            context.Report(
                DefectKinds.RowsetVisibleAndRecycled, $"its files are to be removed and it is visible: {CheckContext.Name(key)}");
        }
    }

    /// <summary>New entries of a dictionary are numbered on from the last: no entry may be beyond it.</summary>
    public static ValueTask DictionaryAsync(CheckContext context, SchemaCloudDictionary dictionary)
    {
        var (column, index) = (Last(dictionary.ColumnDict.Keys), Last(dictionary.IndexDict.Keys));
        if (column > dictionary.CurrentColumnDictId || index > dictionary.CurrentIndexDictId)
        {
            context.Report(
                DefectKinds.SchemaDictionaryIncomplete,
                $"it counts up to column {dictionary.CurrentColumnDictId} and index {dictionary.CurrentIndexDictId}, "
                + $"and has entries up to {column} and {index}");
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>The next load removes what is listed here unseen, so that nothing else may be listed.</summary>
    public static ValueTask PendingBitmapsAsync(CheckContext context, PendingDeleteBitmapPB pending)
    {
        foreach (var bytes in pending.DeleteBitmapKeys)
        {
            var isOwn = KeySpace.DeleteBitmap.TryParse(bytes.Span, out var bitmap) && bitmap.Chunk is null
                && bitmap[InstanceField] == context.Key[InstanceField] && bitmap[TabletField] == context.Key[TabletField];
            if (!isOwn)
            {
                var listed = new Defect(DefectKinds.PendingBitmapStray, bytes.ToByteArray(), bitmap, "");
                context.Report(DefectKinds.PendingBitmapStray, $"it lists {listed.Where}, which is no bitmap of this tablet");
            }
        }

        return ValueTask.CompletedTask;
    }

    private static async ValueTask<List<(DefectKind Kind, string Problem)>> SchemaProblemsAsync(
        CheckContext context, long indexId, RowsetMetaCloudPB rowset)
    {
        var problems = new List<(DefectKind, string)>();
        var isStored = rowset.TabletSchema is not null || (rowset.HasSchemaVersion
            && await context.Store.HasSchemaAsync(context.InstanceId, indexId, rowset.SchemaVersion).ConfigureAwait(false));
        if (!isStored)
        {
            problems.Add((
                DefectKinds.SchemaMissing,
                rowset.HasSchemaVersion
                    ? $"there is no schema of version {rowset.SchemaVersion} of index {indexId}, which it names"
                    : "it names no schema"));
        }

        if (rowset.SchemaDictKeyList is { } keys)
        {
            var dictionary = await context.Store.SchemaDictionaryAsync(context.InstanceId, indexId).ConfigureAwait(false);
            var entries = dictionary.Exists ? dictionary.Record : new SchemaCloudDictionary();
            if (entries is not null && !HasAll(entries, keys))
            {
                problems.Add((
                    DefectKinds.SchemaDictionaryIncomplete,
                    $"the schema dictionary of index {indexId} lacks entries that it names"));
            }
        }

        return problems;
    }

    private static bool HasAll(SchemaCloudDictionary dictionary, SchemaDictKeyList keys) =>
        keys.ColumnDictKeyList.Concat(keys.SparseColumnDictKeyList).All(dictionary.ColumnDict.ContainsKey)
        && keys.IndexInfoDictKeyList.All(dictionary.IndexDict.ContainsKey);

    private static long Last(IEnumerable<int> keys) => keys.DefaultIfEmpty().Max();
}
