using MetaService.Domain.Tablets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Olap;

namespace MetaService.Maintenance.Verification;

/// <summary>What must hold between the statistics, the rowsets and the versions of a tablet; pure functions of records.</summary>
internal static class TabletRecordRules
{
    /// <summary>What is wrong with statistics by themselves.</summary>
    public static IEnumerable<(DefectKind Kind, string Problem)> Problems(StoredTabletStats stats)
    {
        if (!stats.HasWholeCounters)
        {
            yield return (
                DefectKinds.TabletCountersIncomplete,
                "some counters of its statistics are there and others are missing: loads start none, 1, 4 or all 6 of them");
        }

        if (stats.IsNegative)
        {
            var (a, d) = (stats.Aggregated, stats.Detached);
            yield return (
                DefectKinds.TabletStatsNegative,
                $"record and counters sum up to rowsets={a.NumRowsets + d.NumRowsets} segments={a.NumSegments + d.NumSegments} "
                + $"rows={a.NumRows + d.NumRows} data_size={a.DataSize + d.DataSize}: none can be negative");
        }
    }

    /// <summary>What is wrong with statistics that are to count these rowsets.</summary>
    public static IEnumerable<(DefectKind Kind, string Problem)> Problems(
        StoredTabletStats stats, IReadOnlyCollection<RowsetMetaCloudPB> rowsets)
    {
        var counted = stats.Merge();
        var found = RowsetTotals.Of(rowsets);

        // Loads do not count the data of a rowset without segments, compactions that replace it do: such a sum says nothing.
        var isDataCertain = rowsets.All(r => r.NumSegments > 0 || (r.NumRows == 0 && r.TotalDiskSize == 0));
        var agrees = counted.NumRowsets == found.Rowsets && counted.NumSegments == found.Segments
            && (!isDataCertain || (counted.NumRows == found.Rows && counted.DataSize == found.DataSize));
        if (!agrees && !stats.IsNegative)
        {
            yield return (
                DefectKinds.TabletStatsWrong,
                $"its statistics say rowsets={counted.NumRowsets} segments={counted.NumSegments} rows={counted.NumRows} "
                + $"data_size={counted.DataSize}, its visible rowsets sum up to rowsets={found.Rowsets} "
                + $"segments={found.Segments} rows={found.Rows} data_size={found.DataSize}");
        }
    }

    /// <summary>
    /// What is wrong with the versions of visible rowsets. A version that no rowset holds is fine: a load need not write to each
    /// tablet of a partition.
    /// </summary>
    /// <param name="rowsets">In the order of their end versions.</param>
    public static IEnumerable<(DefectKind Kind, string Problem)> Problems(IReadOnlyList<RowsetMetaCloudPB> rowsets)
    {
        for (var i = 0; i < rowsets.Count; i++)
        {
            var rowset = rowsets[i];
            if (rowset.StartVersion > rowset.EndVersion)
            {
                yield return (
                    DefectKinds.RowsetVersionsWrong, $"the visible rowset {Show(rowset)} ends before it starts");
            }
            else if (i > 0 && rowset.StartVersion <= rowsets[i - 1].EndVersion)
            {
                yield return (
                    DefectKinds.RowsetVersionsWrong,
                    $"the visible rowsets {Show(rowsets[i - 1])} and {Show(rowset)} overlap: a version may be in one only");
            }
        }
    }

    private static string Show(RowsetMetaCloudPB rowset) =>
        $"{KeyPrinter.Escape(rowset.RowsetIdV2)} [{rowset.StartVersion}-{rowset.EndVersion}]";
}
