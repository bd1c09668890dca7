using MetaService.Server.Settings;

namespace MetaService.Server.Hosting.Reload;

/// <summary>Looks every few seconds whether tokens and certificates have changed.</summary>
public sealed class ReloadWorker(
    IEnumerable<IReloadable> items, TimeProvider time, ServerOptions options, ILogger<ReloadWorker> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var all = items.ToList();
        using var timer = new PeriodicTimer(options.ReloadInterval, time);
        try
        {
            while (all.Count > 0 && await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                foreach (var item in all)
                {
                    item.Reload(log);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }
}
