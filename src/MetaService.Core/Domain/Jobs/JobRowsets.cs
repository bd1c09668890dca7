using MetaService.Domain.Tablets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Storage;

namespace MetaService.Domain.Jobs;

/// <summary>Takes the rowsets that a job replaces out of a tablet and puts in those that it made.</summary>
internal static class JobRowsets
{
    /// <summary>The visible rowsets that end in a range of versions, in order.</summary>
    public static async ValueTask<List<RowsetMetaCloudPB>> LoadAsync(
        IKvTransaction transaction, string instanceId, long tabletId, long start, long end, CancellationToken cancellationToken)
    {
        var rowsets = new List<RowsetMetaCloudPB>();
        await foreach (var rowset in transaction.ScanAsync(
            KeyRanges.Rowsets(instanceId, tabletId, start, end), cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            rowsets.Add(rowset.Record);
        }

        return rowsets;
    }

    /// <summary>Whether rowsets, in order, hold each version from start to end once and no other.</summary>
    public static bool Cover(IReadOnlyList<RowsetMetaCloudPB> rowsets, long start, long end)
    {
        var next = start;
        foreach (var rowset in rowsets)
        {
            if (rowset.StartVersion != next)
            {
                return false;
            }

            next = rowset.EndVersion + 1;
        }

        return rowsets.Count > 0 && next == end + 1;
    }

    /// <summary>Takes rowsets out of the tablet; their files are removed later.</summary>
    public static void Recycle(
        IKvTransaction transaction,
        string instanceId,
        long tabletId,
        IEnumerable<RowsetMetaCloudPB> rowsets,
        RecycleRowsetPB.Types.Type why,
        DateTimeOffset now)
    {
        foreach (var rowset in rowsets)
        {
            var recycled = new RecycleRowsetPB { CreationTime = now.ToUnixTimeSeconds(), Type = why, RowsetMeta = rowset };
            transaction.Set(Key.RecycleRowset(instanceId, tabletId, rowset.RowsetIdV2), recycled);
            transaction.Clear(Key.MetaRowset(instanceId, tabletId, rowset.EndVersion));
        }
    }

    /// <summary>Makes a committed rowset visible.</summary>
    /// <param name="txnId">The number under which it waits.</param>
    /// <param name="isExpected">Whether it is the one that the job means.</param>
    /// <exception cref="MetaServiceException">There is none, or another.</exception>
    public static async ValueTask<RowsetMetaCloudPB> PublishAsync(
        IKvTransaction transaction,
        string instanceId,
        long tabletId,
        long txnId,
        Func<RowsetMetaCloudPB, bool> isExpected,
        CancellationToken cancellationToken)
    {
        var key = Key.MetaRowsetTmp(instanceId, TabletArguments.Id(txnId, "txn_id"), tabletId);
        var rowset = await transaction.GetAsync(key, cancellationToken: cancellationToken).ConfigureAwait(false)
            ?? throw JobErrors.OutputMissing(txnId, tabletId);
        if (!isExpected(rowset))
        {
            throw JobErrors.OutputMismatch(rowset.RowsetIdV2);
        }

        transaction.Clear(key);
        transaction.Set(Key.MetaRowset(instanceId, tabletId, rowset.EndVersion), rowset);
        return rowset;
    }
}
