using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.Domain.Txns;

/// <summary>
/// How far continuous loads have come. The progress is written by the commit of the load that made it, in the same KV
/// transaction: data and progress never disagree.
/// </summary>
internal static class LoadProgress
{
    /// <summary>Records the progress in a commit's attachment, if it has any.</summary>
    public static async ValueTask WriteAsync(
        IKvTransaction transaction, string instanceId, long dbId, TxnCommitAttachmentPB? attachment, CancellationToken token)
    {
        if (attachment?.RlTaskTxnCommitAttachment is { HasJobId: true } task)
        {
            var key = Key.RoutineLoadProgress(instanceId, dbId, TxnRules.Id(true, task.JobId, "job_id"));
            var progress = await transaction.GetAsync(key, cancellationToken: token)
                .ConfigureAwait(false) ?? new RoutineLoadProgressPB();
            Add(progress, task);
            Save(transaction, key, progress);
        }

        if (attachment?.StreamingTaskTxnCommitAttachment is { HasJobId: true } streaming)
        {
            var key = Key.StreamingJob(instanceId, dbId, TxnRules.Id(true, streaming.JobId, "job_id"));
            var progress = await transaction.GetAsync(key, cancellationToken: token).ConfigureAwait(false)
                ?? new StreamingTaskCommitAttachmentPB();
            Add(progress, streaming);
            Save(transaction, key, progress);
        }
    }

    /// <summary>Writes a job's progress.</summary>
    /// <exception cref="MetaServiceException">It is larger than one record may be.</exception>
    public static void Save<T>(IKvTransaction transaction, RecordKey<T> key, T progress)
        where T : class, Google.Protobuf.IMessage<T>, new()
    {
        var size = progress.CalculateSize();
        if (size > KvLimits.ValueBytes)
        {
            throw Errors.RecordTooLarge("the progress of the job", size, KvLimits.ValueBytes);
        }

        transaction.Set(key, progress);
    }

    /// <summary>Offsets of partitions that a task has read replace the older ones; its counts add up over the job.</summary>
    private static void Add(RoutineLoadProgressPB progress, RLTaskTxnCommitAttachmentPB task)
    {
        foreach (var (partition, offset) in task.Progress?.PartitionToOffset ?? [])
        {
            progress.PartitionToOffset[partition] = offset;
        }

        var total = progress.Stat ??= new RoutineLoadJobStatisticPB();
        total.FilteredRows += task.FilteredRows;
        total.LoadedRows += task.LoadedRows;
        total.UnselectedRows += task.UnselectedRows;
        total.ReceivedBytes += task.ReceivedBytes;
        total.TaskExecutionTimeMs += task.TaskExecutionTimeMs;
    }

    private static void Add(StreamingTaskCommitAttachmentPB progress, StreamingTaskCommitAttachmentPB task)
    {
        progress.JobId = task.JobId;
        if (task.HasOffset)
        {
            progress.Offset = task.Offset;
        }

        progress.ScannedRows += task.ScannedRows;
        progress.LoadBytes += task.LoadBytes;
        progress.NumFiles += task.NumFiles;
        progress.FileBytes += task.FileBytes;
    }
}
