using MetaService.Domain.Audit;
using MetaService.Domain.Tablets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;
using Action = MetaService.Records.Cloud.FinishTabletJobRequest.Types.Action;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Domain.Jobs;

/// <summary>
/// Hands out the right to compact a tablet or to change its schema, and makes the results visible. All jobs of a tablet are in
/// one record, so that of two starting at once one wins.
/// </summary>
public sealed class TabletJobService(TransactionRunner runner, TimeProvider time)
{
    /// <summary>Starts a compaction or a schema change; starting the same job again is fine.</summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range; TABLET_NOT_FOUND: the tablet is unknown or has been dropped;
    /// STALE_TABLET_CACHE: it was compacted since the counts in the request; JOB_TABLET_BUSY, with the versions in compaction:
    /// another job excludes this one; JOB_CHECK_ALTER_VERSION, with the alter_version: a schema change forbids these input
    /// versions; JOB_ALREADY_SUCCESS: the schema change is finished.
    /// </exception>
    public Task<StartTabletJobResponse> StartTabletJobAsync(StartTabletJobRequest request, CancellationToken cancellationToken)
    {
        var job = RequireOneJob(request.Job);
        if (job.Compaction.Count == 1)
        {
            CompactionRules.Check(job.Compaction[0]);
        }

        return runner.ChangeDataAsync(
            request.CloudUniqueId,
            async (transaction, instance, token) =>
            {
                var instanceId = instance.InstanceId;
                var tablet = await TabletStore.CompleteAsync(transaction, instanceId, job.Idx, "job.idx", token)
                    .ConfigureAwait(false);
                await TabletStore.RequireNotDroppedAsync(transaction, instanceId, tablet, token).ConfigureAwait(false);
                var jobs = await LoadAsync(transaction, instanceId, tablet, token).ConfigureAwait(false)
                    ?? new TabletJobInfoPB { Idx = tablet };
                return job.SchemaChange is null
                    ? await StartCompactionAsync(transaction, instanceId, tablet, jobs, job.Compaction[0], token)
                        .ConfigureAwait(false)
                    : await SchemaChangeJobs.StartAsync(transaction, instanceId, jobs, job.SchemaChange, token)
                        .ConfigureAwait(false);
            },
            cancellationToken);
    }

    /// <summary>
    /// Ends a job, with its results (COMMIT) or without (ABORT), or extends its lease (LEASE). For ABORT the tablet's id and the
    /// job's are enough.
    /// </summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range, no such job is running, the lease goes back, or the results do not
    /// match the tablet; TABLET_NOT_FOUND; JOB_EXPIRED; LOCK_EXPIRED: a merge-on-write job has lost its lock;
    /// JOB_ALREADY_SUCCESS: the schema change is finished.
    /// </exception>
    public Task<FinishTabletJobResponse> FinishTabletJobAsync(FinishTabletJobRequest request, CancellationToken cancellationToken) =>
        FinishTabletJobAsync(request, null, cancellationToken);

    /// <inheritdoc cref="FinishTabletJobAsync(FinishTabletJobRequest,CancellationToken)"/>
    /// <param name="origin">Who asks, for the audit; null for a node, whose work it is.</param>
    public Task<FinishTabletJobResponse> FinishTabletJobAsync(
        FinishTabletJobRequest request, ChangeOrigin? origin, CancellationToken cancellationToken)
    {
        if (!Enum.IsDefined(request.Action) || request.Action == Action.Unkonwn)
        {
            throw JobErrors.UnknownAction();
        }

        var job = RequireOneJob(request.Job);
        return runner.ChangeDataAsync(
            request.CloudUniqueId,
            async (transaction, instance, token) =>
            {
                var change = new AuditedChange(transaction, origin);
                var instanceId = instance.InstanceId;
                var tablet = await TabletStore.CompleteAsync(transaction, instanceId, job.Idx, "job.idx", token)
                    .ConfigureAwait(false);
                if (request.Action == Action.Commit)
                {
                    await TabletStore.RequireNotDroppedAsync(transaction, instanceId, tablet, token).ConfigureAwait(false);
                }

                var jobs = await LoadAsync(transaction, instanceId, tablet, token).ConfigureAwait(false)
                    ?? throw JobErrors.NoJob(tablet.TabletId);
                var before = jobs.Clone();
                var now = time.GetUtcNow();
                var response = job.SchemaChange is null
                    ? await CompactionJobs.FinishAsync(
                        transaction, instanceId, tablet, jobs, job.Compaction[0], request.Action, now, token)
                            .ConfigureAwait(false)
                    : await SchemaChangeJobs.FinishAsync(
                        transaction, instanceId, tablet, jobs, job.SchemaChange, request.Action, now, token)
                            .ConfigureAwait(false);
                if (origin is not null)
                {
                    change.Note(instanceId, before, await LoadAsync(transaction, instanceId, tablet, token).ConfigureAwait(false));
                    change.Write(time);
                }

                return response;
            },
            cancellationToken);
    }

    private static TabletJobInfoPB RequireOneJob(TabletJobInfoPB? job)
    {
        if (job is null)
        {
            throw Errors.Missing("job");
        }

        var isOne = job.SchemaChange is null ? job.Compaction.Count == 1 : job.Compaction.Count == 0;
        if (!isOne)
        {
            throw JobErrors.NotOneJob();
        }

        Check.Given(job.SchemaChange is null ? job.Compaction[0].Id : job.SchemaChange.Id, "the id of the job");
        return job;
    }

    private static ValueTask<TabletJobInfoPB?> LoadAsync(
        IKvTransaction transaction, string instanceId, TabletIndexPB tablet, CancellationToken token) =>
        transaction.GetAsync(Key.JobTablet(instanceId, tablet), cancellationToken: token);

    private async ValueTask<StartTabletJobResponse> StartCompactionAsync(
        IKvTransaction transaction,
        string instanceId,
        TabletIndexPB tablet,
        TabletJobInfoPB jobs,
        TabletCompactionJobPB compaction,
        CancellationToken token)
    {
        var stats = await transaction.GetAsync(Key.StatsTablet(instanceId, tablet), cancellationToken: token)
            .ConfigureAwait(false)
            ?? throw TabletErrors.TabletNotFound(tablet.TabletId);
        CompactionRules.RequireFresh(compaction, stats);
        if (CompactionRules.Start(jobs, compaction, time.GetUtcNow().ToUnixTimeSeconds()))
        {
            TabletArguments.Fits(jobs, "the record of the tablet's jobs");
            transaction.Set(Key.JobTablet(instanceId, tablet), jobs);
        }

        return new StartTabletJobResponse();
    }
}
