using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Storage;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Records;

/// <summary>The statistics of a tablet as stored: a record that compactions rewrite and counters that loads add to.</summary>
/// <param name="Aggregated">The record.</param>
/// <param name="Detached">The counters; those that were never added to are unset.</param>
public sealed record StoredTabletStats(TabletStatsPB Aggregated, TabletStatsPB Detached)
{
    /// <summary>
    /// The record with the counters added: the tablet's statistics. The sizes of indexes and segments are set only where they are
    /// tracked. Counters that compactions and loads brought out of step may sum up to less than nothing, which counts as nothing.
    /// </summary>
    public TabletStatsPB Merge()
    {
        var merged = Aggregated.Clone();
        merged.DataSize = Sum(Aggregated.DataSize, Detached.DataSize);
        merged.NumRows = Sum(Aggregated.NumRows, Detached.NumRows);
        merged.NumRowsets = Sum(Aggregated.NumRowsets, Detached.NumRowsets);
        merged.NumSegments = Sum(Aggregated.NumSegments, Detached.NumSegments);
        if (Aggregated.HasIndexSize || Detached.HasIndexSize)
        {
            merged.IndexSize = Sum(Aggregated.IndexSize, Detached.IndexSize);
        }

        if (Aggregated.HasSegmentSize || Detached.HasSegmentSize)
        {
            merged.SegmentSize = Sum(Aggregated.SegmentSize, Detached.SegmentSize);
        }

        return merged;
    }

    /// <summary>
    /// Whether rowsets, segments, rows or data sum up to less than nothing. Sizes of indexes and segments may: not all rowsets that
    /// compactions replace were counted in them.
    /// </summary>
    public bool IsNegative =>
        Aggregated.NumRowsets + Detached.NumRowsets < 0
        || Aggregated.NumSegments + Detached.NumSegments < 0
        || Aggregated.NumRows + Detached.NumRows < 0
        || Aggregated.DataSize + Detached.DataSize < 0;

    /// <summary>
    /// Whether the counters are those that loads start together: none, that of rowsets, those of rowsets, segments, rows and data, or
    /// all.
    /// </summary>
    public bool HasWholeCounters
    {
        get
        {
            var hasData = Detached.HasDataSize;
            var hasParts = Detached.HasIndexSize;
            return hasData == Detached.HasNumRows && hasData == Detached.HasNumSegments && hasParts == Detached.HasSegmentSize
                && (Detached.HasNumRowsets || !hasData) && (hasData || !hasParts);
        }
    }

    private static long Sum(long aggregated, long detached) => Math.Max(0, aggregated + detached);
}

/// <summary>Reads of a tablet's statistics, which lie under several keys.</summary>
public static class TabletStatsAccess
{
    /// <summary>The statistics of a tablet, or null when it has none.</summary>
    /// <exception cref="InvalidDataException">A value is malformed or a key does not belong here.</exception>
    public static ValueTask<StoredTabletStats?> GetTabletStatsAsync(
        this IKvReader reader, string instanceId, TabletIndexPB tablet, bool snapshot = false,
        CancellationToken cancellationToken = default) =>
        ReadAsync(reader, Key.StatsTablet(instanceId, tablet).Bytes, snapshot, cancellationToken);

    /// <summary>The statistics whose record lies under the given key, or null when there are none.</summary>
    internal static async ValueTask<StoredTabletStats?> ReadAsync(
        IKvReader reader, byte[] key, bool snapshot, CancellationToken cancellationToken)
    {
        TabletStatsPB? aggregated = null;
        var detached = new TabletStatsPB();
        await foreach (var pair in reader.ScanAsync(KeyRange.Prefix(key), snapshot, cancellationToken).ConfigureAwait(false))
        {
            if (pair.Key.Length == key.Length)
            {
                aggregated = RecordAccess.Parse<TabletStatsPB>(pair.Value);
            }
            else
            {
                Put(detached, CounterOf(pair.Key), RecordAccess.ParseCounter(pair.Value));
            }
        }

        return aggregated is null ? null : new StoredTabletStats(aggregated, detached);
    }

    private static TabletCounter CounterOf(byte[] key)
    {
        foreach (var counter in Enum.GetValues<TabletCounter>())
        {
            if (KeySpace.StatsCounter(counter).TryParse(key, out _))
            {
                return counter;
            }
        }

        throw new InvalidDataException("a key among a tablet's statistics is not one of them");
    }

    private static void Put(TabletStatsPB stats, TabletCounter counter, long value)
    {
        switch (counter)
        {
            case TabletCounter.DataSize:
                stats.DataSize = value;
                break;
            case TabletCounter.NumRows:
                stats.NumRows = value;
                break;
            case TabletCounter.NumRowsets:
                stats.NumRowsets = value;
                break;
            case TabletCounter.NumSegments:
                stats.NumSegments = value;
                break;
            case TabletCounter.IndexSize:
                stats.IndexSize = value;
                break;
            case TabletCounter.SegmentSize:
                stats.SegmentSize = value;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(counter));
        }
    }
}
