using MetaService.Records.Cloud;
using MetaService.Records.Olap;

namespace MetaService.Domain.Tablets;

/// <summary>What rowsets sum up to; sizes in bytes.</summary>
internal readonly record struct RowsetTotals(
    long Rowsets, long Rows, long Segments, long DataSize, long IndexSize, long SegmentSize)
{
    /// <summary>The sums over some rowsets.</summary>
    public static RowsetTotals Of(IEnumerable<RowsetMetaCloudPB> rowsets) =>
        rowsets.Aggregate(default(RowsetTotals), (sum, rowset) => new RowsetTotals(
            sum.Rowsets + 1,
            sum.Rows + rowset.NumRows,
            sum.Segments + rowset.NumSegments,
            sum.DataSize + rowset.TotalDiskSize,
            sum.IndexSize + rowset.IndexDiskSize,
            sum.SegmentSize + rowset.DataDiskSize));

    /// <summary>Counts these rowsets as added and others as removed.</summary>
    /// <param name="stats">The aggregated statistics of their tablet.</param>
    /// <param name="removed">The others.</param>
    /// <param name="tracksParts">Whether the tablet's statistics tell indexes and segments apart.</param>
    public void Replace(RowsetTotals removed, TabletStatsPB stats, bool tracksParts)
    {
        stats.NumRowsets += Rowsets - removed.Rowsets;
        stats.NumRows += Rows - removed.Rows;
        stats.NumSegments += Segments - removed.Segments;
        stats.DataSize += DataSize - removed.DataSize;
        if (tracksParts)
        {
            stats.IndexSize += IndexSize - removed.IndexSize;
            stats.SegmentSize += SegmentSize - removed.SegmentSize;
        }
    }
}
