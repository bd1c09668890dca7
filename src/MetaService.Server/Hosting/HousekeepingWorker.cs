using MetaService.Domain.Audit;
using MetaService.Domain.Housekeeping;
using MetaService.Domain.Jobs;
using MetaService.Domain.Txns;
using MetaService.Keys;
using MetaService.Storage;

namespace MetaService.Server.Hosting;

/// <summary>Runs the housekeeping in the background; any number of servers on one store may have it running.</summary>
public sealed class HousekeepingWorker : BackgroundService
{
    private readonly Housekeeper _housekeeper;
    private readonly WorkLease _lease;
    private readonly HousekeepingOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<HousekeepingWorker> _log;

    public HousekeepingWorker(
        TransactionRunner runner,
        TxnHousekeeping txns,
        ExpiredJobs jobs,
        AuditService audit,
        TimeProvider time,
        HousekeepingOptions options,
        ILogger<HousekeepingWorker> log)
    {
        _lease = new WorkLease(runner, time, "housekeeping");
        HousekeepingTask[] tasks =
        [
            new("expired transactions aborted", new InstanceJump(KeySpace.TxnRunning), txns.AbortExpiredAsync),
            new("finished transactions removed", new InstanceJump(KeySpace.RecycleTxn), txns.RemoveFinishedAsync),
            new("expired tablet jobs removed", new InstanceJump(KeySpace.JobTablet), jobs.ClearAsync),
            new("audit entries removed", new InstanceJump(KeySpace.Audit), audit.ForgetAsync)
            {
                Matters = audit.IsDue,
                ConcernsAll = true,
                Every = audit.ForgetEvery,
            },
        ];
        _housekeeper = new Housekeeper(runner, _lease, tasks, time, options);
        _options = options;
        _time = time;
        _log = log;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!_options.Enabled)
        {
            return;
        }

        try
        {
            while (true)
            {
                await Task.Delay(_options.Interval, _time, stoppingToken).ConfigureAwait(false);
                await RunRoundAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops. The lease is given up below, while the store is still open.
        }

        try
        {
            await _lease.ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (KvException e)
        {
            _log.LogWarning("Housekeeping: the lease was not given up ({Error}), it runs out by itself", e.Error);
        }
    }

    private async Task RunRoundAsync(CancellationToken stoppingToken)
    {
        try
        {
            var done = await _housekeeper.RunRoundAsync(stoppingToken).ConfigureAwait(false);
            foreach (var (name, count) in done ?? new Dictionary<string, int>())
            {
                if (count > 0)
                {
                    _log.LogInformation("Housekeeping: {Count} {What}", count, name);
                }
            }
        }
        catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
        {
            // One bad record or an unreachable store must not end the housekeeping for good: the next round tries again.
            _log.LogWarning("Housekeeping was cut short: {Type}\n{Stack}", e.GetType().FullName, e.StackTrace);
        }
    }
}
