using MetaService.Storage;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MetaService.Server.Http;

/// <summary>Probes for orchestrators and load balancers; they need no token and tell nothing about the data.</summary>
public static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder routes, IKvStore store)
    {
        routes.MapGet("/health/live", () => Results.Json(new { status = "live" })).WithMetadata(new RouteName("health/live"))
            .ExcludeFromDescription();
        routes.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = (context, report) => WriteAsync(context, report, store) })
            .WithMetadata(new RouteName("health/ready"));
    }

    private static Task WriteAsync(HttpContext context, HealthReport report, IKvStore store)
    {
        var check = report.Entries.Values.Single();
        return check.Status == HealthStatus.Healthy
            ? context.Response.WriteAsJsonAsync(new { status = "ready", store = store.Kind, read_ms = check.Data["read_ms"] })
            : context.Response.WriteAsJsonAsync(new { status = "not ready", store = store.Kind, reason = check.Description });
    }
}
