using System.Diagnostics;
using Google.Protobuf;
using MetaService.Domain.Instances;
using MetaService.Records.Cloud;

namespace MetaService.Server.Http;

/// <summary>
/// Writes one line per request: route name, envelope code, HTTP status, milliseconds, instance and request id. Never the path, the
/// query string, a header or a body, which may hold secrets.
/// </summary>
public sealed class RequestLog(RequestDelegate next, ILogger<RequestLog> log)
{
    private static readonly object CodeItem = new();
    private static readonly object InstanceItem = new();

    public async Task InvokeAsync(HttpContext context)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            log.LogInformation(
                "{Route} {Code} {Status} {Ms:0.###} ms {InstanceId} {RequestId}",
                context.GetEndpoint()?.Metadata.GetMetadata<RouteName>()?.Name ?? "unmatched",
                CodeOf(context),
                context.Response.StatusCode,
                Stopwatch.GetElapsedTime(started).TotalMilliseconds,
                context.Items.TryGetValue(InstanceItem, out var instance) ? instance : null,
                context.TraceIdentifier);
        }
    }

    // A path that no route matches gets an HTTP status only.
    private static object? CodeOf(HttpContext context) =>
        context.Items.TryGetValue(CodeItem, out var code) ? code
        : context.Response.StatusCode < StatusCodes.Status400BadRequest ? HttpCode.Ok
        : null;

    /// <summary>Notes the envelope's code when it is not OK.</summary>
    public static void SetCode(HttpContext context, string code) => context.Items[CodeItem] = code;

    /// <summary>Notes the instance that a request names.</summary>
    public static void SetInstance(HttpContext context, string? instanceId)
    {
        if (!string.IsNullOrEmpty(instanceId))
        {
            context.Items[InstanceItem] = instanceId.Length <= 256 ? instanceId : "(too long)";
        }
    }

    /// <summary>Notes the instance that a request names in one of the usual fields.</summary>
    public static void SetInstance(HttpContext context, IMessage request) => SetInstance(context, request switch
    {
        CreateInstanceRequest r => r.InstanceId,
        AlterInstanceRequest r => r.InstanceId,
        AlterClusterRequest r => r.HasInstanceId ? r.InstanceId : InstanceResolver.DirectInstance(r.CloudUniqueId),
        GetClusterRequest r => InstanceResolver.DirectInstance(r.CloudUniqueId),
        GetObjStoreInfoRequest r => InstanceResolver.DirectInstance(r.CloudUniqueId),
        AlterObjStoreInfoRequest r => InstanceResolver.DirectInstance(r.CloudUniqueId),
        UpdateAkSkRequest r => r.InstanceId,
        AlterRamUserRequest r => r.InstanceId,
        _ => null,
    });
}
