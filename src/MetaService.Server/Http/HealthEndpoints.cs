using System.Buffers;
using System.Text.Json;
using MetaService.Storage;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MetaService.Server.Http;

/// <summary>Probes for orchestrators and load balancers; they need no token and tell nothing about the data.</summary>
public static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder routes, IKvStore store)
    {
        routes.MapMethods("/health/live", [HttpMethods.Get], context => WriteAsync(context, json => json.WriteString("status", "live")))
            .WithMetadata(new RouteName("health/live"));
        var options = new HealthCheckOptions { ResponseWriter = (context, report) => WriteAsync(context, report.Entries.Values.Single(), store) };
        routes.MapHealthChecks("/health/ready", options).WithMetadata(new RouteName("health/ready"));
    }

    private static Task WriteAsync(HttpContext context, HealthReportEntry check, IKvStore store) => WriteAsync(context, json =>
    {
        var isReady = check.Status == HealthStatus.Healthy;
        json.WriteString("status", isReady ? "ready" : "not ready");
        json.WriteString("store", store.Kind);
        if (isReady)
        {
            json.WriteNumber("read_ms", (double)check.Data["read_ms"]);
        }
        else
        {
            json.WriteString("reason", check.Description);
        }
    });

    // Written by hand: the serializer would spend a good part of a start on learning the two shapes.
    private static Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> writeFields)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            writeFields(json);
            json.WriteEndObject();
        }

        return Reply.JsonAsync(context, context.Response.StatusCode, buffer.WrittenMemory);
    }
}
