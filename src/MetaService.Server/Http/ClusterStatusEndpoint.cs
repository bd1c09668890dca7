using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;
using MetaService.Domain;
using MetaService.Domain.Instances;
using MetaService.Records.Cloud;
using MetaService.Server.Limits;
using MetaService.Server.Settings;

namespace MetaService.Server.Http;

/// <summary>
/// cloud_cluster_status, which the API document describes as a request to the FE. It is passed on to the FE of the instance where one
/// is configured; otherwise it is answered from the registered nodes, with what only an FE knows left at -1 or 0.
/// </summary>
public sealed class ClusterStatusEndpoint(
    InstanceService instances, ServerOptions options, LoadControl load, IHttpClientFactory clients) : IDisposable
{
    public const string Path = "/rest/v2/manager/cluster/cluster_info/cloud_cluster_status";
    private const string Name = "cloud_cluster_status";
    private const int UnknownPort = -1;
    private const int MaxPassedOn = 32;

    private static readonly TimeSpan FrontendTimeout = TimeSpan.FromSeconds(10);

    // The shape of the FE's own replies, which the document shows indented by 4.
    private static readonly JsonWriterOptions Indented = new() { Indented = true, IndentSize = 4 };

    // Apart from all other calls: an FE that does not answer must hold up nothing else.
    private readonly Admission _passedOn = new(
        new AdmissionLimits(MaxPassedOn, Queue: 0, StandingQueue: 0, FrontendTimeout, FrontendTimeout), TimeProvider.System);

    public void Map(IEndpointRouteBuilder routes)
    {
        load.Register(Name);
        routes.MapGet(Path, AnswerAsync).WithMetadata(new RouteName(Name)).ExcludeFromDescription();
    }

    public void Dispose() => _passedOn.Dispose();

    private async Task AnswerAsync(HttpContext context)
    {
        try
        {
            var instanceId = AskedInstance(context);
            if (instanceId is not null && options.Frontends.TryGetValue(instanceId, out var frontend))
            {
                await PassOnAsync(context, frontend).ConfigureAwait(false);
                return;
            }

            if (BasicCredentials.Of(context.Request) is not { } given || !given.Match(options.Status.User, options.Status.Password) ||
                (options.Status.Password.Length == 0 && !options.IsLoopbackOnly()))
            {
                context.Response.Headers.WWWAuthenticate = "Basic realm=\"metaservice\"";
                await FailAsync(context, StatusCodes.Status401Unauthorized, "Unauthorized").ConfigureAwait(false);
                return;
            }

            var admittance = await load.EnterAsync(RequestState.Of(context), Name, instanceId, null, context.RequestAborted)
                .ConfigureAwait(false);
            if (admittance != Admittance.Admitted)
            {
                await RefuseLoadAsync(context, admittance).ConfigureAwait(false);
                return;
            }

            var id = instanceId ?? await SingleInstanceAsync(context.RequestAborted).ConfigureAwait(false);
            var instance = await instances.GetMaskedAsync(id, null, context.RequestAborted).ConfigureAwait(false);
            await SendAsync(context, StatusCodes.Status200OK, "success", 0, instance).ConfigureAwait(false);
        }
        catch (Exception e) when (HttpCode.Of(e) is { } failure)
        {
            await FailAsync(context, failure.Status, failure.Message).ConfigureAwait(false);
        }
        finally
        {
            RequestState.Of(context).Release();
        }
    }

    private static Task RefuseLoadAsync(HttpContext context, Admittance refusal)
    {
        context.Response.Headers.RetryAfter = LoadControl.RetryAfter;
        return FailAsync(context, StatusCodes.Status429TooManyRequests, LoadControl.Message(refusal));
    }

    private string? AskedInstance(HttpContext context)
    {
        var instanceId = context.Request.Get("instance_id");
        if (!string.IsNullOrEmpty(instanceId))
        {
            RequestLog.SetInstance(context, instanceId);
            return Check.InstanceId(instanceId);
        }

        // Credentials for an FE are not ours to check; with one FE configured it is the one to ask.
        return options.Frontends.Count == 1 ? options.Frontends.Keys.Single() : null;
    }

    private async Task<string> SingleInstanceAsync(CancellationToken cancellationToken)
    {
        var found = new List<string>();
        foreach (var status in new[] { InstanceInfoPB.Types.Status.Normal, InstanceInfoPB.Types.Status.Overdue })
        {
            var page = await instances.ListAsync(new InstanceFilter("", status, "", 2), cancellationToken).ConfigureAwait(false);
            found.AddRange(page.Instances.Select(i => i.InstanceId));
        }

        return found.Count switch
        {
            0 => throw Errors.InstanceNotFound("(none exists)"),
            1 => found[0],
            _ => throw Errors.Invalid("there are several instances: say which with ?instance_id="),
        };
    }

    private async Task PassOnAsync(HttpContext context, string frontend)
    {
        if (!await _passedOn.EnterAsync(context.RequestAborted).ConfigureAwait(false))
        {
            await RefuseLoadAsync(context, Admittance.Overloaded).ConfigureAwait(false);
            return;
        }

        RequestState.Of(context).Hold(_passedOn);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(frontend), Path));
        if (AuthenticationHeaderValue.TryParse(context.Request.Headers.Authorization, out var authorization))
        {
            request.Headers.Authorization = authorization;
        }

        try
        {
            using var client = clients.CreateClient(nameof(ClusterStatusEndpoint));
            client.Timeout = FrontendTimeout;
            using var reply = await client.SendAsync(request, context.RequestAborted).ConfigureAwait(false);
            var body = await reply.Content.ReadAsByteArrayAsync(context.RequestAborted).ConfigureAwait(false);
            if (reply.Headers.WwwAuthenticate.Count > 0)
            {
                context.Response.Headers.WWWAuthenticate = reply.Headers.WwwAuthenticate.ToString();
            }

            await Reply.JsonAsync(context, (int)reply.StatusCode, body).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !context.RequestAborted.IsCancellationRequested)
        {
            context.Response.Headers.RetryAfter = "5";
            await FailAsync(context, StatusCodes.Status503ServiceUnavailable, "the FE of this instance cannot be reached")
                .ConfigureAwait(false);
        }
    }

    private static Task FailAsync(HttpContext context, int status, string message)
    {
        RequestLog.SetCode(context, message);
        return SendAsync(context, status, message, status, null);
    }

    private static Task SendAsync(HttpContext context, int status, string message, int code, InstanceInfoPB? instance)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Indented))
        {
            json.WriteStartObject();
            json.WriteString("msg", message);
            json.WriteNumber("code", code);
            json.WriteStartObject("data");
            foreach (var cluster in instance?.Clusters.Where(c => c.Type == ClusterPB.Types.Type.Compute) ?? [])
            {
                WriteCluster(json, cluster);
            }

            json.WriteEndObject();
            json.WriteNumber("count", 0);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return Reply.JsonAsync(context, status, buffer.WrittenMemory);
    }

    private static void WriteCluster(Utf8JsonWriter json, ClusterPB cluster)
    {
        json.WriteStartArray(cluster.ClusterId);
        foreach (var node in cluster.Nodes)
        {
            json.WriteStartObject();
            json.WriteString("host", node.Ip.Length > 0 ? node.Ip : node.Host);
            json.WriteNumber("heartbeatPort", node.HeartbeatPort);
            json.WriteNumber("bePort", UnknownPort);
            json.WriteNumber("httpPort", UnknownPort);
            json.WriteNumber("brpcPort", UnknownPort);
            json.WriteNumber("currentFragmentNum", 0);
            json.WriteNumber("lastFragmentUpdateTime", 0);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
