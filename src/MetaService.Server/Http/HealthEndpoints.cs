using System.Diagnostics;
using MetaService.Keys;
using MetaService.Storage;

namespace MetaService.Server.Http;

/// <summary>Probes for orchestrators and load balancers; they need no token and tell nothing about the data.</summary>
public static class HealthEndpoints
{
    private static readonly TimeSpan ReadDeadline = TimeSpan.FromSeconds(1);
    private static readonly byte[] ProbeKey = KeySpace.ArnInfo.Encode();

    public static void Map(IEndpointRouteBuilder routes, IKvStore store, IHostApplicationLifetime lifetime)
    {
        routes.MapGet("/health/live", () => Results.Json(new { status = "live" })).WithMetadata(new RouteName("health/live"));
        routes.MapGet("/health/ready", () => ReadyAsync(store, lifetime)).WithMetadata(new RouteName("health/ready"));
    }

    /// <summary>Ready means: not stopping, and a read of the store succeeds within its deadline.</summary>
    private static async Task<IResult> ReadyAsync(IKvStore store, IHostApplicationLifetime lifetime)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return NotReady(store, "stopping");
        }

        var started = Stopwatch.GetTimestamp();
        try
        {
            using var deadline = new CancellationTokenSource(ReadDeadline);
            using var reader = store.BeginRead();
            await reader.GetAsync(ProbeKey, cancellationToken: deadline.Token).AsTask().WaitAsync(ReadDeadline).ConfigureAwait(false);
            return Results.Json(new
            {
                status = "ready",
                store = store.Kind,
                read_ms = Math.Round(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 3),
            });
        }
        catch (Exception e) when (e is KvException or TimeoutException or OperationCanceledException)
        {
            return NotReady(store, e is KvException ? e.Message : $"the store did not answer within {ReadDeadline.TotalSeconds} s");
        }
    }

    private static IResult NotReady(IKvStore store, string reason) =>
        Results.Json(new { status = "not ready", store = store.Kind, reason }, statusCode: StatusCodes.Status503ServiceUnavailable);
}
