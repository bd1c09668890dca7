using System.Runtime.CompilerServices;
using MetaService.Domain.Audit;
using MetaService.Domain.Instances;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Storage;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Domain.Tablets;

/// <summary>The statistics of a tablet before and after they were counted anew.</summary>
public sealed record FixedTabletStats(TabletStatsPB Before, TabletStatsPB After);

/// <summary>Reads and repairs the statistics of tablets.</summary>
public sealed class TabletStatsService(TransactionRunner runner, TimeProvider time)
{
    private const int TabletsAtATime = 200;

    /// <summary>The statistics of tablets, in the order asked for, all at one version.</summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: no tablet is named, or an id is out of range; TABLET_NOT_FOUND: one is unknown.
    /// </exception>
    public Task<GetTabletStatsResponse> GetTabletStatsAsync(GetTabletStatsRequest request, CancellationToken cancellationToken)
    {
        if (request.TabletIdx.Count == 0)
        {
            throw Errors.Missing("tablet_idx");
        }

        return runner.ReadDataAsync(
            request.CloudUniqueId,
            async (reader, instanceId, token) =>
            {
                var response = new GetTabletStatsResponse();
                foreach (var given in request.TabletIdx)
                {
                    var tablet = await TabletStore.CompleteAsync(reader, instanceId, given, "tablet_idx", token)
                        .ConfigureAwait(false);
                    var stats = await reader.GetTabletStatsAsync(instanceId, tablet, cancellationToken: token)
                        .ConfigureAwait(false)
                        ?? throw TabletErrors.TabletNotFound(tablet.TabletId);
                    response.TabletStats.Add(stats.Merge());
                }

                return response;
            },
            cancellationToken);
    }

    /// <summary>
    /// Counts the rowsets of a table's tablets, or of one of them, and corrects the statistics that say otherwise. Each tablet is
    /// one transaction: loads and compactions may go on meanwhile.
    /// </summary>
    /// <param name="instanceId">The instance; when empty it is found by the next argument.</param>
    /// <param name="tabletId">The tablet; null for all of the table.</param>
    /// <returns>The tablets whose statistics were wrong.</returns>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: an id is missing or out of range; TABLET_NOT_FOUND: the table has no such tablet.
    /// </exception>
    public async Task<IReadOnlyList<FixedTabletStats>> FixTabletStatsAsync(
        string? instanceId,
        string? cloudUniqueId,
        long tableId,
        long? tabletId,
        ChangeOrigin origin,
        CancellationToken cancellationToken)
    {
        TabletArguments.Id(tableId, "table_id");
        if (tabletId is { } one)
        {
            TabletArguments.Id(one, "tablet_id");
        }

        var instance = await runner.ReadAsync(
            async (reader, token) =>
            {
                var id = await InstanceResolver.ResolveAsync(reader, instanceId, cloudUniqueId, token).ConfigureAwait(false);
                await InstanceStore.LoadForChangeAsync(reader, id, token).ConfigureAwait(false);
                return id;
            },
            cancellationToken).ConfigureAwait(false);
        var corrected = new List<FixedTabletStats>();
        await foreach (var tablet in TabletsAsync(instance, tableId, tabletId, cancellationToken).ConfigureAwait(false))
        {
            var stats = await AuditedChange.RunAsync(
                runner, origin, time, (change, token) => FixAsync(change, instance, tablet, token), cancellationToken)
                .ConfigureAwait(false);
            if (stats is not null)
            {
                corrected.Add(stats);
            }
        }

        return corrected;
    }

    private async IAsyncEnumerable<TabletIndexPB> TabletsAsync(
        string instanceId, long tableId, long? tabletId,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (tabletId is { } id)
        {
            var index = await runner.ReadAsync(
                (reader, token) => TabletStore.GetIndexAsync(reader, instanceId, id, token), cancellationToken)
                    .ConfigureAwait(false);
            yield return index.TableId == tableId ? index : throw TabletErrors.TabletNotFound(id);
            yield break;
        }

        RecordRange<TabletMetaCloudPB>? rest = KeyRanges.TabletsOfTable(instanceId, tableId);
        while (rest is { } range)
        {
            var (tablets, hasMore) = await runner.ReadAsync(
                (reader, token) => reader.GetRangeAsync(range, new KvRangeOptions(TabletsAtATime), token), cancellationToken)
                .ConfigureAwait(false);
            foreach (var tablet in tablets)
            {
                yield return new TabletIndexPB
                {
                    TableId = tablet.Record.TableId,
                    IndexId = tablet.Record.IndexId,
                    PartitionId = tablet.Record.PartitionId,
                    TabletId = tablet.Record.TabletId,
                };
            }

            rest = hasMore ? range.After(tablets[^1].Key) : null;
        }
    }

    private static async ValueTask<FixedTabletStats?> FixAsync(
        AuditedChange change, string instanceId, TabletIndexPB tablet, CancellationToken token)
    {
        var transaction = change.Transaction;
        var stored = await transaction.GetTabletStatsAsync(instanceId, tablet, cancellationToken: token).ConfigureAwait(false)
            ?? throw TabletErrors.TabletNotFound(tablet.TabletId);
        var before = stored.Merge();
        var rowsets = new List<RowsetMetaCloudPB>();
        await foreach (var rowset in transaction.ScanAsync(
            KeyRanges.Rowsets(instanceId, tablet.TabletId), cancellationToken: token).ConfigureAwait(false))
        {
            rowsets.Add(rowset.Record);
        }

        var after = before.Clone();
        RowsetTotals.Of(rowsets).Replace(CountedIn(before), after, before.HasIndexSize || before.HasSegmentSize);
        if (after.Equals(before) && !stored.IsNegative && stored.HasWholeCounters)
        {
            return null;
        }

        // The record takes it all: counters that are gone count as 0, and loads start them again.
        transaction.ClearRange(KeyRanges.TabletStats(instanceId, tablet));
        transaction.Set(Key.StatsTablet(instanceId, tablet), after);
        change.Note(instanceId, before, after);
        return new FixedTabletStats(before, after);
    }

    private static RowsetTotals CountedIn(TabletStatsPB stats) => new(
        stats.NumRowsets, stats.NumRows, stats.NumSegments, stats.DataSize, stats.IndexSize, stats.SegmentSize);
}
