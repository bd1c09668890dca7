using System.Runtime.ExceptionServices;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Own;
using MetaService.Storage;

namespace MetaService.Domain.Housekeeping;

/// <summary>What the housekeeping does to each instance that has keys of a type.</summary>
/// <param name="Name">For the log.</param>
/// <param name="Keys">The type: an instance without such keys is not looked at.</param>
/// <param name="StepAsync">
/// Does one bounded piece of it, given an instance id, and returns how many things it dealt with; 0 when nothing is left to do.
/// </param>
public sealed record HousekeepingTask(string Name, InstanceJump Keys, Func<string, CancellationToken, Task<int>> StepAsync)
{
    /// <summary>Whether an instance needs looking at, by the first of its keys and what is stored there; null: each does.</summary>
    public Func<KvPair, bool>? Matters { get; init; }

    /// <summary>Whether it also concerns dropped instances and, with an empty id, the service as a whole.</summary>
    public bool ConcernsAll { get; init; }

    /// <summary>
    /// Rounds that come sooner than this after the last that had it, on whichever server, leave it out; so do those of a new store. Zero
    /// for a part of every round.
    /// </summary>
    public TimeSpan Every { get; init; }
}

/// <summary>How often and how hard the housekeeping works.</summary>
public sealed class HousekeepingOptions
{
    /// <summary>Whether this server takes part.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Pause between two rounds over all instances.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Each step is followed by a pause this many times as long as it took: the slower the store, the longer the pause.</summary>
    public double PauseFactor { get; set; } = 4;
}

/// <summary>Goes through the instances and carries out what their records imply once time has passed.</summary>
public sealed class Housekeeper(
    TransactionRunner runner, WorkLease lease, IReadOnlyList<HousekeepingTask> tasks, TimeProvider time, HousekeepingOptions options)
{
    private long _held;

    /// <summary>One round, if no other server does it. Returns what was dealt with, by task; null when another server has the lease.</summary>
    /// <exception cref="KvException">The store cannot be read or written; the rest of the round was left out.</exception>
    /// <remarks>What fails at a single instance, such as a bad record, is thrown when all others have been dealt with.</remarks>
    public async Task<IReadOnlyDictionary<string, int>?> RunRoundAsync(CancellationToken cancellationToken)
    {
        var done = tasks.ToDictionary(t => t.Name, _ => 0);
        var failures = new List<Exception>();
        if (!await HoldAsync(cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        foreach (var task in tasks)
        {
            if (!await IsDueAsync(task, cancellationToken).ConfigureAwait(false))
            {
                continue;
            }

            var walk = new InstanceWalk(runner, task.Keys, task.Matters);
            byte[]? next = null;
            do
            {
                if (!await StillHoldsAsync(cancellationToken).ConfigureAwait(false))
                {
                    return null;
                }

                var page = await PacedAsync(() => walk.NextAsync(next, cancellationToken), cancellationToken).ConfigureAwait(false);
                foreach (var instanceId in page.InstanceIds)
                {
                    if (!await StillHoldsAsync(cancellationToken).ConfigureAwait(false))
                    {
                        return null;
                    }

                    done[task.Name] += await RunAsync(task, instanceId, failures, cancellationToken).ConfigureAwait(false);
                }

                next = page.Next;
            }
            while (next is not null);
        }

        if (failures.Count > 0)
        {
            ExceptionDispatchInfo.Throw(failures[0]);
        }

        return done;
    }

    /// <summary>Whether it is time for a task; if so, the next time is set.</summary>
    private ValueTask<bool> IsDueAsync(HousekeepingTask task, CancellationToken cancellationToken) => task.Every == TimeSpan.Zero
        ? ValueTask.FromResult(true)
        : new ValueTask<bool>(runner.RunAsync(
            async (transaction, token) =>
            {
                var now = time.GetUtcNow();
                var key = Key.Lease($"housekeeping: {task.Name}");
                var next = await transaction.GetAsync(key, cancellationToken: token).ConfigureAwait(false);
                var latest = (now + task.Every).ToUnixTimeMilliseconds();

                // A time further ahead than any that is set now was set before the clock was set back.
                if (next is not null && next.ExpiresAt > now.ToUnixTimeMilliseconds() && next.ExpiresAt <= latest)
                {
                    return false;
                }

                transaction.Set(key, new LeasePB { ExpiresAt = latest });
                return next is not null;
            },
            cancellationToken));

    private async Task<bool> HoldAsync(CancellationToken cancellationToken)
    {
        if (!await lease.TryHoldAsync(options.Interval * 3, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        _held = time.GetTimestamp();
        return true;
    }

    private ValueTask<bool> StillHoldsAsync(CancellationToken cancellationToken) =>
        time.GetElapsedTime(_held) > options.Interval
            ? new ValueTask<bool>(HoldAsync(cancellationToken))
            : ValueTask.FromResult(true);

    private async Task<int> RunAsync(
        HousekeepingTask task, string instanceId, List<Exception> failures, CancellationToken cancellationToken)
    {
        var total = 0;
        try
        {
            if (!task.ConcernsAll && !await IsInUseAsync(instanceId, cancellationToken).ConfigureAwait(false))
            {
                return 0;
            }

            for (var count = 1; count > 0; total += count)
            {
                count = await PacedAsync(() => task.StepAsync(instanceId, cancellationToken), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is not (KvException or OperationCanceledException))
        {
            // One bad record must not keep the other instances waiting for ever.
            failures.Add(e);
        }

        return total;
    }

    private Task<bool> IsInUseAsync(string instanceId, CancellationToken cancellationToken) => runner.ReadAsync(
        async (reader, token) =>
            await reader.GetAsync(Key.Instance(instanceId), cancellationToken: token).ConfigureAwait(false)
                is { Status: not InstanceInfoPB.Types.Status.Deleted },
        cancellationToken);

    private async Task<T> PacedAsync<T>(Func<Task<T>> step, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var result = await step().ConfigureAwait(false);
        await Task.Delay(time.GetElapsedTime(started) * options.PauseFactor, time, cancellationToken).ConfigureAwait(false);
        return result;
    }
}
