using MetaService.Domain.DeleteBitmaps;
using MetaService.Domain.Tablets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Storage;
using Action = MetaService.Records.Cloud.FinishTabletJobRequest.Types.Action;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Domain.Jobs;

/// <summary>
/// Starts and ends schema changes inside a transaction. A schema change fills a new tablet with the converted rows of an old one,
/// up to its alter_version; later versions are loaded into both. It is noted among the jobs of both tablets, so that neither is
/// compacted across that version.
/// </summary>
internal static class SchemaChangeJobs
{
    // Versions 0 and 1 are the empty rowset that each tablet starts with.
    private const long FirstConvertedVersion = 2;

    /// <summary>
    /// Starts a schema change of the tablet whose jobs are given. It takes the place of another that was left behind.
    /// </summary>
    public static async ValueTask<StartTabletJobResponse> StartAsync(
        IKvTransaction transaction, string instanceId, TabletJobInfoPB jobs, TabletSchemaChangeJobPB request,
        CancellationToken token)
    {
        Check.Given(request.Initiator, "job.schema_change.initiator");
        TabletArguments.NotNegative(request.Expiration, "job.schema_change.expiration");
        TabletArguments.NotNegative(request.AlterVersion, "job.schema_change.alter_version");
        var (newTablet, _) = await LoadNewTabletAsync(transaction, instanceId, jobs.Idx.TabletId, request, token)
            .ConfigureAwait(false);
        var response = new StartTabletJobResponse();
        if (jobs.SchemaChange is { } running && running.Id == request.Id)
        {
            if (running.HasAlterVersion)
            {
                response.AlterVersion = running.AlterVersion;
            }

            if (running.HasAlterVersion || !request.HasAlterVersion)
            {
                return response;
            }
        }

        var change = request.Clone();
        change.NewTabletIdx = newTablet;
        jobs.SchemaChange = change;
        var newJobs = await transaction.GetAsync(Key.JobTablet(instanceId, newTablet), cancellationToken: token)
            .ConfigureAwait(false)
            ?? new TabletJobInfoPB { Idx = newTablet };
        newJobs.SchemaChange = change;
        Save(transaction, instanceId, jobs);
        Save(transaction, instanceId, newJobs);
        if (change.HasAlterVersion)
        {
            response.AlterVersion = change.AlterVersion;
        }

        return response;
    }

    /// <summary>Does to a running schema change what the action says.</summary>
    public static async ValueTask<FinishTabletJobResponse> FinishAsync(
        IKvTransaction transaction,
        string instanceId,
        TabletIndexPB tablet,
        TabletJobInfoPB jobs,
        TabletSchemaChangeJobPB request,
        Action action,
        DateTimeOffset now,
        CancellationToken token)
    {
        if (action == Action.Lease)
        {
            throw Errors.Invalid("a schema_change has no lease");
        }

        var running = jobs.SchemaChange ?? throw await NotRunningAsync(transaction, instanceId, tablet, request, token)
            .ConfigureAwait(false);
        RequireMatch(tablet, running, request, action, now);
        var newJobs = await transaction.GetAsync(Key.JobTablet(instanceId, running.NewTabletIdx), cancellationToken: token)
            .ConfigureAwait(false);
        jobs.SchemaChange = null;
        if (newJobs?.SchemaChange?.Id == running.Id)
        {
            newJobs.SchemaChange = null;
        }

        var response = new FinishTabletJobResponse();
        long? initiator = request.HasDeleteBitmapLockInitiator ? request.DeleteBitmapLockInitiator
            : running.HasDeleteBitmapLockInitiator ? running.DeleteBitmapLockInitiator
            : null;
        if (action == Action.Abort)
        {
            await DeleteBitmapLocks.ReleaseAsync(
                transaction, instanceId, tablet.TableId, DeleteBitmapLocks.SchemaChangeLockId, initiator, token)
                    .ConfigureAwait(false);
        }
        else
        {
            await DeleteBitmapLocks.RequireAndReleaseAsync(
                transaction, instanceId, tablet.TableId, DeleteBitmapLocks.SchemaChangeLockId, initiator, token)
                    .ConfigureAwait(false);
            var results = Results(request, running, tablet.TabletId);
            response.AlterVersion = results.AlterVersion;
            response.Stats = await CommitAsync(transaction, instanceId, tablet.TabletId, newJobs, results, now, token)
                .ConfigureAwait(false);
        }

        Save(transaction, instanceId, jobs);
        if (newJobs is not null)
        {
            Save(transaction, instanceId, newJobs);
        }

        return response;
    }

    // A request that is sent again after its reply was lost finds no job, but the new tablet in service.
    private static async ValueTask<MetaServiceException> NotRunningAsync(
        IKvTransaction transaction, string instanceId, TabletIndexPB tablet, TabletSchemaChangeJobPB request,
        CancellationToken token)
    {
        if (request.NewTabletIdx is not null)
        {
            await LoadNewTabletAsync(transaction, instanceId, tablet.TabletId, request, token).ConfigureAwait(false);
        }

        return JobErrors.NoSchemaChange(tablet.TabletId);
    }

    private static void RequireMatch(
        TabletIndexPB tablet, TabletSchemaChangeJobPB running, TabletSchemaChangeJobPB request, Action action, DateTimeOffset now)
    {
        if (running.Id != request.Id)
        {
            throw JobErrors.OtherJob(tablet.TabletId, request.Id);
        }

        if (action == Action.Commit && running.Initiator != request.Initiator)
        {
            throw JobErrors.OtherInitiator(tablet.TabletId, running.Initiator);
        }

        if (request.NewTabletIdx is { } given && given.TabletId != running.NewTabletIdx.TabletId)
        {
            throw JobErrors.OtherNewTablet(tablet.TabletId, running.NewTabletIdx.TabletId);
        }

        if (CompactionRules.HasPassed(running.Expiration, now.ToUnixTimeSeconds()))
        {
            throw JobErrors.Expired(tablet.TabletId, running.Expiration, now.ToUnixTimeSeconds());
        }
    }

    private static async ValueTask<(TabletIndexPB Tablet, TabletMetaCloudPB Meta)> LoadNewTabletAsync(
        IKvTransaction transaction, string instanceId, long tabletId, TabletSchemaChangeJobPB change, CancellationToken token)
    {
        var tablet = await TabletStore.CompleteAsync(
            transaction, instanceId, change.NewTabletIdx, "job.schema_change.new_tablet_idx", token).ConfigureAwait(false);
        if (tablet.TabletId == tabletId)
        {
            throw JobErrors.SameTablet(tabletId);
        }

        var meta = await TabletStore.GetMetaAsync(transaction, instanceId, tablet, token).ConfigureAwait(false);
        return meta switch
        {
            { HasTabletState: true, TabletState: TabletStatePB.PbNotready } => (tablet, meta),
            { TabletState: TabletStatePB.PbRunning } => throw JobErrors.AlreadySuccess(tablet.TabletId),
            _ => throw JobErrors.NewTabletState(tablet.TabletId, meta.TabletState),
        };
    }

    private static async ValueTask<TabletStatsPB> CommitAsync(
        IKvTransaction transaction,
        string instanceId,
        long tabletId,
        TabletJobInfoPB? newJobs,
        TabletSchemaChangeJobPB request,
        DateTimeOffset now,
        CancellationToken token)
    {
        var (newTablet, newMeta) = await LoadNewTabletAsync(transaction, instanceId, tabletId, request, token)
            .ConfigureAwait(false);
        newMeta.TabletState = TabletStatePB.PbRunning;
        transaction.Set(Key.MetaTablet(instanceId, newTablet), newMeta);
        DropOvertaken(newJobs, request.AlterVersion);
        var (stats, detached) = await JobStats.LoadAsync(transaction, instanceId, newTablet, token).ConfigureAwait(false);
        if (request.AlterVersion >= FirstConvertedVersion)
        {
            var id = newTablet.TabletId;
            var replaced = await JobRowsets.LoadAsync(
                transaction, instanceId, id, FirstConvertedVersion, request.AlterVersion, token).ConfigureAwait(false);
            JobRowsets.Recycle(transaction, instanceId, id, replaced, RecycleRowsetPB.Types.Type.Drop, now);
            var output = await PublishAsync(transaction, instanceId, id, request, token).ConfigureAwait(false);
            var tracksParts = request.HasIndexSizeOutputRowsets || request.HasSegmentSizeOutputRowsets
                || JobStats.TracksParts(stats, detached);
            RowsetTotals.Of(output).Replace(RowsetTotals.Of(replaced), stats, tracksParts);
        }

        // The new tablet may have been compacted meanwhile, beyond the point of the old one.
        stats.CumulativePoint = Math.Max(stats.CumulativePoint, request.OutputCumulativePoint);
        transaction.Set(Key.StatsTablet(instanceId, newTablet), stats);
        return new StoredTabletStats(stats, detached).Merge();
    }

    private static TabletSchemaChangeJobPB Results(
        TabletSchemaChangeJobPB request, TabletSchemaChangeJobPB running, long tabletId)
    {
        TabletArguments.NotNegative(request.AlterVersion, "job.schema_change.alter_version");
        TabletArguments.NotNegative(request.OutputCumulativePoint, "job.schema_change.output_cumulative_point");
        if (request.TxnIds.Count != request.OutputVersions.Count)
        {
            throw Errors.Invalid("job.schema_change needs as many txn_ids as output_versions");
        }

        var results = request.Clone();
        results.NewTabletIdx = running.NewTabletIdx;
        if (running.HasAlterVersion)
        {
            results.AlterVersion = !request.HasAlterVersion || request.AlterVersion == running.AlterVersion
                ? running.AlterVersion
                : throw JobErrors.OtherAlterVersion(tabletId, running.AlterVersion);
        }

        return results;
    }

    // Compactions of rowsets that are replaced here would, when they finish, put the replaced rows back.
    private static void DropOvertaken(TabletJobInfoPB? jobs, long alterVersion)
    {
        var overtaken = jobs?.Compaction
            .Where(c => c.InputVersions.Count != 2 || c.InputVersions[0] <= alterVersion)
            .ToList() ?? [];
        foreach (var compaction in overtaken)
        {
            jobs!.Compaction.Remove(compaction);
        }
    }

    private static async ValueTask<List<RowsetMetaCloudPB>> PublishAsync(
        IKvTransaction transaction, string instanceId, long newTabletId, TabletSchemaChangeJobPB request, CancellationToken token)
    {
        var output = new List<RowsetMetaCloudPB>();
        for (var i = 0; i < request.TxnIds.Count; i++)
        {
            var version = request.OutputVersions[i];
            output.Add(await JobRowsets.PublishAsync(
                transaction, instanceId, newTabletId, request.TxnIds[i], rowset => rowset.EndVersion == version, token)
                .ConfigureAwait(false));
        }

        return JobRowsets.Cover([.. output.OrderBy(r => r.EndVersion)], FirstConvertedVersion, request.AlterVersion)
            ? output
            : throw JobErrors.InputMismatch(newTabletId, FirstConvertedVersion, request.AlterVersion);
    }

    private static void Save(IKvTransaction transaction, string instanceId, TabletJobInfoPB jobs)
    {
        TabletArguments.Fits(jobs, "the record of the tablet's jobs");
        transaction.Set(Key.JobTablet(instanceId, jobs.Idx), jobs);
    }
}
