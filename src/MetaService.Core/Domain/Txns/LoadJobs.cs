using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;

namespace MetaService.Domain.Txns;

/// <summary>How far continuous loads have come, as recorded by their commits; each method is one KV transaction.</summary>
internal sealed class LoadJobs(TxnContext context)
{
    /// <exception cref="MetaServiceException">Nothing is recorded, or the request is wrong.</exception>
    public Task<GetRLTaskCommitAttachResponse> GetRoutineLoadAsync(
        GetRLTaskCommitAttachRequest request, CancellationToken cancellationToken)
    {
        CheckJob(request.HasDbId, request.DbId, request.HasJobId, request.JobId);
        return context.Runner.ReadAsync(
            async (reader, token) =>
            {
                var instanceId = await TxnContext.ResolveAsync(reader, request.CloudUniqueId, token).ConfigureAwait(false);
                var key = Key.RoutineLoadProgress(instanceId, request.DbId, request.JobId);
                var progress = await reader.GetAsync(key, cancellationToken: token).ConfigureAwait(false)
                    ?? throw TxnErrors.RoutineLoadProgressNotFound(request.DbId, request.JobId);
                return new GetRLTaskCommitAttachResponse { CommitAttach = Attachment(request.JobId, progress) };
            },
            cancellationToken);
    }

    /// <summary>Sets the offsets of some partitions, or forgets all that is recorded when the request has none.</summary>
    /// <exception cref="MetaServiceException">The request is refused; nothing was written.</exception>
    public Task<ResetRLProgressResponse> ResetRoutineLoadAsync(
        ResetRLProgressRequest request, CancellationToken cancellationToken)
    {
        CheckJob(request.HasDbId, request.DbId, request.HasJobId, request.JobId);
        return context.Runner.RunAsync(
            async (transaction, token) =>
            {
                var instanceId = await TxnContext.ResolveAsync(transaction, request.CloudUniqueId, token).ConfigureAwait(false);
                var key = Key.RoutineLoadProgress(instanceId, request.DbId, request.JobId);
                if (request.PartitionToOffset.Count == 0)
                {
                    transaction.Clear(key);
                    return new ResetRLProgressResponse();
                }

                var progress = await transaction.GetAsync(key, cancellationToken: token)
                    .ConfigureAwait(false) ?? new RoutineLoadProgressPB();
                foreach (var (partition, offset) in request.PartitionToOffset)
                {
                    progress.PartitionToOffset[partition] = offset;
                }

                LoadProgress.Save(transaction, key, progress);
                return new ResetRLProgressResponse();
            },
            cancellationToken);
    }

    /// <exception cref="MetaServiceException">Nothing is recorded, or the request is wrong.</exception>
    public Task<GetStreamingTaskCommitAttachResponse> GetStreamingAsync(
        GetStreamingTaskCommitAttachRequest request, CancellationToken cancellationToken)
    {
        CheckJob(request.HasDbId, request.DbId, request.HasJobId, request.JobId);
        return context.Runner.ReadAsync(
            async (reader, token) =>
            {
                var instanceId = await TxnContext.ResolveAsync(reader, request.CloudUniqueId, token).ConfigureAwait(false);
                var key = Key.StreamingJob(instanceId, request.DbId, request.JobId);
                var progress = await reader.GetAsync(key, cancellationToken: token).ConfigureAwait(false)
                    ?? throw TxnErrors.StreamingJobNotFound(request.DbId, request.JobId);
                return new GetStreamingTaskCommitAttachResponse { CommitAttach = progress };
            },
            cancellationToken);
    }

    /// <summary>Forgets what is recorded of a streaming job, if anything is.</summary>
    /// <exception cref="MetaServiceException">The request is refused; nothing was written.</exception>
    public Task<DeleteStreamingJobResponse> DeleteStreamingAsync(
        DeleteStreamingJobRequest request, CancellationToken cancellationToken)
    {
        CheckJob(request.HasDbId, request.DbId, request.HasJobId, request.JobId);
        return context.Runner.RunAsync(
            async (transaction, token) =>
            {
                var instanceId = await TxnContext.ResolveAsync(transaction, request.CloudUniqueId, token).ConfigureAwait(false);
                transaction.Clear(Key.StreamingJob(instanceId, request.DbId, request.JobId));
                return new DeleteStreamingJobResponse();
            },
            cancellationToken);
    }

    /// <summary>Sets where a streaming job goes on.</summary>
    /// <exception cref="MetaServiceException">The request is refused; nothing was written.</exception>
    public Task<ResetStreamingJobOffsetResponse> ResetStreamingAsync(
        ResetStreamingJobOffsetRequest request, CancellationToken cancellationToken)
    {
        CheckJob(request.HasDbId, request.DbId, request.HasJobId, request.JobId);
        Check.Given(request.Offset, "offset");
        return context.Runner.RunAsync(
            async (transaction, token) =>
            {
                var instanceId = await TxnContext.ResolveAsync(transaction, request.CloudUniqueId, token).ConfigureAwait(false);
                var key = Key.StreamingJob(instanceId, request.DbId, request.JobId);
                var progress = await transaction.GetAsync(key, cancellationToken: token).ConfigureAwait(false)
                    ?? new StreamingTaskCommitAttachmentPB { JobId = request.JobId };
                progress.Offset = request.Offset;
                LoadProgress.Save(transaction, key, progress);
                return new ResetStreamingJobOffsetResponse();
            },
            cancellationToken);
    }

    private static RLTaskTxnCommitAttachmentPB Attachment(long jobId, RoutineLoadProgressPB progress)
    {
        var attachment = new RLTaskTxnCommitAttachmentPB { JobId = jobId, Progress = new RoutineLoadProgressPB() };
        attachment.Progress.PartitionToOffset.Add(progress.PartitionToOffset);
        if (progress.Stat is { } total)
        {
            attachment.FilteredRows = total.FilteredRows;
            attachment.LoadedRows = total.LoadedRows;
            attachment.UnselectedRows = total.UnselectedRows;
            attachment.ReceivedBytes = total.ReceivedBytes;
            attachment.TaskExecutionTimeMs = total.TaskExecutionTimeMs;
        }

        return attachment;
    }

    private static void CheckJob(bool hasDbId, long dbId, bool hasJobId, long jobId)
    {
        TxnRules.Id(hasDbId, dbId, "db_id");
        TxnRules.Id(hasJobId, jobId, "job_id");
    }
}
