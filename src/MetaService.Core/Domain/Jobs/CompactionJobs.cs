using MetaService.Domain.DeleteBitmaps;
using MetaService.Domain.Tablets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Storage;
using Action = MetaService.Records.Cloud.FinishTabletJobRequest.Types.Action;
using CompactionType = MetaService.Records.Cloud.TabletCompactionJobPB.Types.CompactionType;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Domain.Jobs;

/// <summary>Ends compactions inside a transaction.</summary>
internal static class CompactionJobs
{
    /// <summary>Does to a running compaction what the action says.</summary>
    public static async ValueTask<FinishTabletJobResponse> FinishAsync(
        IKvTransaction transaction,
        string instanceId,
        TabletIndexPB tablet,
        TabletJobInfoPB jobs,
        TabletCompactionJobPB request,
        Action action,
        DateTimeOffset now,
        CancellationToken token)
    {
        var running = Find(jobs, request, tablet.TabletId);
        if (CompactionRules.HasPassed(running.Expiration, now.ToUnixTimeSeconds()))
        {
            throw JobErrors.Expired(tablet.TabletId, running.Expiration, now.ToUnixTimeSeconds());
        }

        var response = new FinishTabletJobResponse();
        switch (action)
        {
            case Action.Lease:
                running.Lease = request.Lease > 0 && request.Lease >= running.Lease
                    ? request.Lease
                    : throw JobErrors.InvalidLease(running.Lease, request.Lease);
                break;
            case Action.Abort:
                jobs.Compaction.Remove(running);
                await DeleteBitmapLocks.ReleaseAsync(
                    transaction, instanceId, tablet.TableId, DeleteBitmapLocks.CompactionLockId, Initiator(request, running),
                    token)
                    .ConfigureAwait(false);
                break;
            default:
                jobs.Compaction.Remove(running);
                await DeleteBitmapLocks.RequireAndReleaseAsync(
                    transaction, instanceId, tablet.TableId, DeleteBitmapLocks.CompactionLockId, Initiator(request, running),
                    token)
                    .ConfigureAwait(false);
                response.Stats = await CommitAsync(transaction, instanceId, tablet, TypeOf(request, running), request, now, token)
                    .ConfigureAwait(false);
                break;
        }

        transaction.Set(Key.JobTablet(instanceId, tablet), jobs);
        return response;
    }

    private static TabletCompactionJobPB Find(TabletJobInfoPB jobs, TabletCompactionJobPB request, long tabletId) =>
        jobs.Compaction.Count == 0
            ? throw JobErrors.NoCompaction(tabletId)
            : jobs.Compaction.FirstOrDefault(c => c.Id == request.Id) ?? throw JobErrors.OtherJob(tabletId, request.Id);

    // Whoever aborts a job of another need not know its initiator.
    private static long? Initiator(TabletCompactionJobPB request, TabletCompactionJobPB running) =>
        request.HasDeleteBitmapLockInitiator ? request.DeleteBitmapLockInitiator
        : running.HasDeleteBitmapLockInitiator ? running.DeleteBitmapLockInitiator
        : null;

    private static CompactionType TypeOf(TabletCompactionJobPB request, TabletCompactionJobPB running)
    {
        if (request.HasType && request.Type != running.Type)
        {
            throw JobErrors.OtherType(running.Type);
        }

        return running.Type is CompactionType.Base or CompactionType.Full
            or CompactionType.Cumulative or CompactionType.EmptyCumulative
            ? running.Type
            : throw JobErrors.UnknownType();
    }

    private static async ValueTask<TabletStatsPB> CommitAsync(
        IKvTransaction transaction,
        string instanceId,
        TabletIndexPB tablet,
        CompactionType type,
        TabletCompactionJobPB request,
        DateTimeOffset now,
        CancellationToken token)
    {
        var (stats, detached) = await JobStats.LoadAsync(transaction, instanceId, tablet, token).ConfigureAwait(false);
        TabletArguments.NotNegative(request.OutputCumulativePoint, "job.compaction.output_cumulative_point");
        JobStats.CountCompaction(stats, type, request.OutputCumulativePoint, now);
        if (type != CompactionType.EmptyCumulative)
        {
            var tracksParts = request.HasIndexSizeOutputRowsets || request.HasSegmentSizeOutputRowsets
                || JobStats.TracksParts(stats, detached);
            var input = await RecycleInputAsync(transaction, instanceId, tablet.TabletId, request, now, token)
                .ConfigureAwait(false);
            var output = await PublishOutputAsync(transaction, instanceId, tablet.TabletId, request, token).ConfigureAwait(false);
            RowsetTotals.Of([output]).Replace(RowsetTotals.Of(input), stats, tracksParts);
        }

        transaction.Set(Key.StatsTablet(instanceId, tablet), stats);
        return new StoredTabletStats(stats, detached).Merge();
    }

    private static async ValueTask<List<RowsetMetaCloudPB>> RecycleInputAsync(
        IKvTransaction transaction,
        string instanceId,
        long tabletId,
        TabletCompactionJobPB request,
        DateTimeOffset now,
        CancellationToken token)
    {
        CompactionRules.CheckVersions(request.InputVersions, "job.compaction.input_versions");
        var (start, end) = (request.InputVersions[0], request.InputVersions[1]);
        var input = await JobRowsets.LoadAsync(transaction, instanceId, tabletId, start, end, token).ConfigureAwait(false);
        if (!JobRowsets.Cover(input, start, end))
        {
            throw JobErrors.InputMismatch(tabletId, start, end);
        }

        JobRowsets.Recycle(transaction, instanceId, tabletId, input, RecycleRowsetPB.Types.Type.Compact, now);
        return input;
    }

    private static ValueTask<RowsetMetaCloudPB> PublishOutputAsync(
        IKvTransaction transaction, string instanceId, long tabletId, TabletCompactionJobPB request, CancellationToken token)
    {
        if (request.TxnId.Count != 1 || request.OutputVersions.Count != 1 || request.OutputRowsetIds.Count != 1)
        {
            throw Errors.Invalid("job.compaction needs exactly one each of txn_id, output_versions and output_rowset_ids");
        }

        return JobRowsets.PublishAsync(
            transaction,
            instanceId,
            tabletId,
            request.TxnId[0],
            rowset => rowset.RowsetIdV2 == request.OutputRowsetIds[0]
                && rowset.StartVersion == request.InputVersions[0]
                && rowset.EndVersion == request.InputVersions[1]
                && rowset.EndVersion == request.OutputVersions[0],
            token);
    }
}
