using MetaService.Domain.Secrets;
using MetaService.Security;
using MetaService.Storage;

namespace MetaService.Server.Secrets;

/// <summary>
/// Looks every few seconds whether the keys have changed. What is wrong with them is logged once; those in use stay.
/// </summary>
public sealed class KeyReloader(SecretKeys keys, TimeProvider time, ILogger<KeyReloader> log) : BackgroundService
{
    private string? _lastFault;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (keys.Source.ReloadInterval is not { } interval)
        {
            return;
        }

        try
        {
            while (true)
            {
                await Task.Delay(interval, time, stoppingToken).ConfigureAwait(false);
                await ReloadAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task ReloadAsync(CancellationToken cancellationToken)
    {
        string? fault = null;
        try
        {
            if (await keys.ReloadAsync(cancellationToken).ConfigureAwait(false) || _lastFault is not null)
            {
                log.LogInformation("Secrets: {Keys}", keys.Keyring.ToString());
            }
        }
        catch (SecretKeyException e)
        {
            fault = e.Message;
        }
        catch (KvException e)
        {
            fault = $"the keys cannot be checked against the store: {e.Error}";
        }

        if (fault is not null && fault != _lastFault)
        {
            log.LogError("Secrets: {Fault}; the keys in use stay", fault);
        }

        _lastFault = fault;
    }
}
