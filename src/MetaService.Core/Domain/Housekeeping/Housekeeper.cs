using MetaService.Domain.Instances;
using MetaService.Records.Cloud;

namespace MetaService.Domain.Housekeeping;

/// <summary>What the housekeeping does to each instance.</summary>
/// <param name="Name">For the log.</param>
/// <param name="StepAsync">
/// Does one bounded piece of it, given an instance id, and returns how many things it dealt with; 0 when nothing is left to do.
/// </param>
public sealed record HousekeepingTask(string Name, Func<string, CancellationToken, Task<int>> StepAsync)
{
    /// <summary>Whether it also concerns dropped instances and, with an empty id, the service as a whole.</summary>
    public bool ConcernsAll { get; init; }
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

/// <summary>Goes through all instances and carries out what their records imply once time has passed.</summary>
public sealed class Housekeeper(
    InstanceService instances, WorkLease lease, IReadOnlyList<HousekeepingTask> tasks, TimeProvider time, HousekeepingOptions options)
{
    private const int InstancesPerPage = 100;

    /// <summary>One round, if no other server does it. Returns what was dealt with, by task; null when another server has the lease.</summary>
    public async Task<IReadOnlyDictionary<string, int>?> RunRoundAsync(CancellationToken cancellationToken)
    {
        var done = tasks.ToDictionary(t => t.Name, _ => 0);
        if (!await lease.TryHoldAsync(options.Interval * 3, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        var held = time.GetTimestamp();
        await RunAsync("", concernsAll: true).ConfigureAwait(false);
        var after = "";
        do
        {
            var page = await instances
                .ListAsync(new InstanceFilter("", null, after, InstancesPerPage), cancellationToken).ConfigureAwait(false);
            foreach (var instance in page.Instances)
            {
                if (time.GetElapsedTime(held) > options.Interval)
                {
                    if (!await lease.TryHoldAsync(options.Interval * 3, cancellationToken).ConfigureAwait(false))
                    {
                        return null;
                    }

                    held = time.GetTimestamp();
                }

                var isDropped = instance.Status == InstanceInfoPB.Types.Status.Deleted;
                await RunAsync(instance.InstanceId, concernsAll: isDropped).ConfigureAwait(false);
            }

            after = page.NextPageToken;
        }
        while (after.Length > 0);

        return done;

        async Task RunAsync(string instanceId, bool concernsAll)
        {
            foreach (var task in tasks.Where(task => task.ConcernsAll || !concernsAll))
            {
                done[task.Name] += await this.RunAsync(task, instanceId, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<int> RunAsync(HousekeepingTask task, string instanceId, CancellationToken cancellationToken)
    {
        for (var total = 0; ;)
        {
            var started = time.GetTimestamp();
            var count = await task.StepAsync(instanceId, cancellationToken).ConfigureAwait(false);
            await Task.Delay(time.GetElapsedTime(started) * options.PauseFactor, time, cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                return total;
            }

            total += count;
        }
    }
}
