using System.Diagnostics;
using MetaService.Keys;
using MetaService.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MetaService.Server.Http;

/// <summary>Healthy means: not stopping, and a read of the store succeeds within its deadline.</summary>
public sealed class StoreHealthCheck(IKvStore store, IHostApplicationLifetime lifetime) : IHealthCheck
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);
    private static readonly byte[] ProbeKey = KeySpace.ArnInfo.Encode();

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy("stopping");
        }

        var started = Stopwatch.GetTimestamp();
        try
        {
            using var reader = store.BeginRead();
            await reader.GetAsync(ProbeKey, cancellationToken: cancellationToken).AsTask()
                .WaitAsync(Deadline, cancellationToken).ConfigureAwait(false);
            var milliseconds = Math.Round(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 3);
            return HealthCheckResult.Healthy(data: new Dictionary<string, object> { ["read_ms"] = milliseconds });
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Left to the health checks, an unexpected exception would be shown and logged with its message.
            return HealthCheckResult.Unhealthy(e switch
            {
                KvException => e.Message,
                TimeoutException => $"the store did not answer within {Deadline.TotalSeconds} s",
                _ => $"a read of the store ended in {e.GetType().Name}",
            });
        }
    }
}
