using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Olap;
using MetaService.Storage;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Domain.Txns;

/// <summary>Turns rowsets of a transaction into rowsets of their tablets and counts them in the tablets' statistics.</summary>
internal sealed class RowsetPublisher(IKvTransaction transaction, string instanceId)
{
    private readonly Dictionary<long, (TabletIndexPB Tablet, Dictionary<TabletCounter, long> Added)> _stats = [];

    /// <summary>Gives a rowset its version. Its statistics are written by <see cref="WriteStats"/>.</summary>
    public void Publish(TmpRowset source, long version)
    {
        var rowset = source.Rowset;
        rowset.StartVersion = version;
        rowset.EndVersion = version;
        transaction.Set(Key.MetaRowset(instanceId, rowset.TabletId, version), rowset);
        transaction.Clear(source.Key);
        Count(source.Tablet, rowset);
    }

    /// <summary>
    /// Adds what all published rowsets amount to: one addition per tablet and counter, and nothing is read, so that loads into
    /// one tablet do not conflict over its statistics.
    /// </summary>
    public void WriteStats()
    {
        foreach (var (tablet, added) in _stats.Values)
        {
            foreach (var (counter, delta) in added)
            {
                transaction.Add(Key.StatsTablet(instanceId, tablet, counter), delta);
            }
        }

        _stats.Clear();
    }

    private void Count(TabletIndexPB tablet, RowsetMetaCloudPB rowset)
    {
        if (!_stats.TryGetValue(tablet.TabletId, out var stats))
        {
            stats = (tablet, []);
            _stats.Add(tablet.TabletId, stats);
        }

        Add(TabletCounter.NumRowsets, 1);
        if (rowset.NumSegments <= 0)
        {
            return;
        }

        Add(TabletCounter.DataSize, rowset.TotalDiskSize);
        Add(TabletCounter.NumRows, rowset.NumRows);
        Add(TabletCounter.NumSegments, rowset.NumSegments);

        // Only BE nodes that tell index and segments apart have these two; the rest count their data as a whole.
        if (rowset.HasIndexDiskSize)
        {
            Add(TabletCounter.IndexSize, rowset.IndexDiskSize);
            Add(TabletCounter.SegmentSize, rowset.DataDiskSize);
        }

        void Add(TabletCounter counter, long delta) => stats.Added[counter] = stats.Added.GetValueOrDefault(counter) + delta;
    }
}
