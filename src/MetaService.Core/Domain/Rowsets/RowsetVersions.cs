using MetaService.Records.Cloud;

namespace MetaService.Domain.Rowsets;

/// <summary>A range of versions, both ends included.</summary>
internal readonly record struct VersionRange(long Start, long End)
{
    /// <summary>The end of a range that is open.</summary>
    public const long Open = long.MaxValue - 1;
}

/// <summary>Which rowsets a node has to read again; pure functions of records.</summary>
internal static class RowsetVersions
{
    /// <summary>
    /// The versions that a node asks for, and those that compactions have changed since it last asked: it tells the counts and
    /// the cumulative point that it knows, and the tablet's statistics tell those of now. In order, without overlaps.
    /// </summary>
    /// <exception cref="MetaServiceException">The request lacks its counts or is ahead of the tablet.</exception>
    public static IReadOnlyList<VersionRange> ToRead(GetRowsetRequest request, TabletStatsPB stats)
    {
        CheckCounts(request, stats);
        var asked = new VersionRange(
            request.StartVersion, request.HasEndVersion && request.EndVersion >= 0 ? request.EndVersion : VersionRange.Open);
        if (asked.Start < 0)
        {
            throw Tablets.TabletErrors.Negative("start_version");
        }

        if (asked.Start > asked.End)
        {
            throw RowsetErrors.RangeInverted();
        }

        return Union([asked, .. Compacted(request, stats)]);
    }

    private static IEnumerable<VersionRange> Compacted(GetRowsetRequest request, TabletStatsPB stats)
    {
        var point = stats.CumulativePoint;
        if (request.BaseCompactionCnt < stats.BaseCompactionCnt && point > 0)
        {
            // Base compactions work below the cumulative point.
            yield return new VersionRange(0, point - 1);
        }

        if (request.CumulativeCompactionCnt < stats.CumulativeCompactionCnt)
        {
            // A single one that moved the point worked between the old point and the new; of more, or of one that left the point,
            // it is not known how far they went. A full compaction does not respect the point.
            var isSingle = request.CumulativeCompactionCnt + 1 == stats.CumulativeCompactionCnt
                && request.CumulativePoint < point
                && (!request.HasFullCompactionCnt || request.FullCompactionCnt == stats.FullCompactionCnt);
            yield return new VersionRange(request.CumulativePoint, isSingle ? point - 1 : VersionRange.Open);
        }
    }

    private static void CheckCounts(GetRowsetRequest request, TabletStatsPB stats)
    {
        if (!request.HasBaseCompactionCnt || !request.HasCumulativeCompactionCnt || !request.HasCumulativePoint
            || request.BaseCompactionCnt < 0 || request.CumulativeCompactionCnt < 0 || request.CumulativePoint < 0
            || request.FullCompactionCnt < 0)
        {
            throw RowsetErrors.CountsMissing();
        }

        NotAhead("base_compaction_cnt", request.BaseCompactionCnt, stats.BaseCompactionCnt);
        NotAhead("cumulative_compaction_cnt", request.CumulativeCompactionCnt, stats.CumulativeCompactionCnt);
        NotAhead("cumulative_point", request.CumulativePoint, stats.CumulativePoint);
        NotAhead("full_compaction_cnt", request.FullCompactionCnt, stats.FullCompactionCnt);
    }

    private static void NotAhead(string field, long requested, long stored)
    {
        if (requested > stored)
        {
            throw RowsetErrors.CountsAhead(field, requested, stored);
        }
    }

    private static List<VersionRange> Union(IEnumerable<VersionRange> ranges)
    {
        var union = new List<VersionRange>();
        foreach (var range in ranges.OrderBy(r => r.Start))
        {
            if (union.Count > 0 && range.Start <= union[^1].End + 1)
            {
                union[^1] = union[^1] with { End = Math.Max(union[^1].End, range.End) };
            }
            else
            {
                union.Add(range);
            }
        }

        return union;
    }
}
