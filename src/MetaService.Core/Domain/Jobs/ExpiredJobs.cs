using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.Domain.Jobs;

/// <summary>
/// Housekeeping: removes tablet jobs whose lease or expiration has passed. Starting a job on the same tablet does so too; this is
/// for tablets that nobody starts jobs on any more, and keeps what is listed as running true.
/// </summary>
public sealed class ExpiredJobs(TransactionRunner runner, TimeProvider time)
{
    private const int RecordsAtATime = 200;

    /// <summary>Goes through the jobs of an instance, in steps of 200 tablets, each read at one version.</summary>
    /// <returns>How many jobs were removed.</returns>
    public async Task<int> ClearAsync(string instanceId, CancellationToken cancellationToken)
    {
        Check.InstanceId(instanceId);
        var removed = 0;
        RecordRange<TabletJobInfoPB>? rest = KeyRanges.TabletJobs(instanceId);
        while (rest is { } range)
        {
            var (records, hasMore) = await runner.ReadAsync(
                (reader, token) => reader.GetRangeAsync(range, new KvRangeOptions(RecordsAtATime), token), cancellationToken)
                .ConfigureAwait(false);
            foreach (var record in records.Where(r => RemovePassed(r.Record) > 0))
            {
                removed += await runner.RunAsync(
                    (transaction, token) => ClearAsync(transaction, record.Key, token), cancellationToken).ConfigureAwait(false);
            }

            rest = hasMore ? range.After(records[^1].Key) : null;
        }

        return removed;
    }

    private async ValueTask<int> ClearAsync(IKvTransaction transaction, RecordKey<TabletJobInfoPB> key, CancellationToken token)
    {
        // Read again: since the scan a lease may have been extended.
        var jobs = await transaction.GetAsync(key, cancellationToken: token).ConfigureAwait(false);
        var removed = jobs is null ? 0 : RemovePassed(jobs);
        if (removed > 0)
        {
            transaction.Set(key, jobs!);
        }

        return removed;
    }

    private int RemovePassed(TabletJobInfoPB jobs)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var removed = CompactionRules.RemovePassed(jobs, now);
        if (jobs.SchemaChange is { } change && CompactionRules.HasPassed(change.Expiration, now))
        {
            jobs.SchemaChange = null;
            removed++;
        }

        return removed;
    }
}
