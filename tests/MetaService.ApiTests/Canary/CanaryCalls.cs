using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace MetaService.ApiTests.Canary;

/// <summary>What was called with canaries and how it ended. Thread-safe.</summary>
public sealed class CanaryCalls
{
    private readonly ConcurrentDictionary<(string Name, bool Succeeded), int> _calls = new();

    public int Count => _calls.Values.Sum();

    public void Note(string name, bool succeeded) => _calls.AddOrUpdate((name, succeeded), 1, (_, count) => count + 1);

    /// <summary>The names of calls that ended so at least once.</summary>
    public IReadOnlySet<string> Ended(bool succeeded) =>
        _calls.Keys.Where(c => c.Succeeded == succeeded).Select(c => c.Name).ToHashSet();
}

/// <summary>Reads each reply of a server, headers included, before the caller does.</summary>
/// <param name="showsSecrets">Whether the caller has the scope <c>secrets</c>.</param>
public sealed class CanaryHandler(CanaryWatch watch, CanaryCalls calls, bool showsSecrets)
    : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false, MaxConnectionsPerServer = 16 })
{
    /// <summary>Calls whose replies are there to show secrets.</summary>
    public static readonly IReadOnlySet<string> Shows = new HashSet<string>
    {
        "get_instance", "get_obj_store_info", "show_storage_vaults", "get_stage",
        "rpc/get_instance", "rpc/get_obj_store_info", "rpc/get_iam", "rpc/get_stage",
    };

    /// <summary>Where a reply belongs.</summary>
    public static CanaryChannel ChannelOf(string name, bool succeeded, bool showsSecrets) => name == "audit" ? CanaryChannel.Audit
        : succeeded && showsSecrets && Shows.Contains(name) ? CanaryChannel.ShownSecrets
        : CanaryChannel.Reply;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var name = NameOf(request.RequestUri!.AbsolutePath);
        var succeeded = (int)response.StatusCode == 200 && IsSuccess(Encoding.UTF8.GetString(body));
        calls.Note(name, succeeded);
        watch.See(ChannelOf(name, succeeded, showsSecrets), name, body);
        var headers = $"{response.ReasonPhrase} {response.Headers} {response.Content.Headers} {response.TrailingHeaders}";
        watch.See(CanaryChannel.Reply, name, headers);
        return response;
    }

    private static string NameOf(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts switch
        {
            ["MetaService", "http", "v1", var name] => name,
            ["MetaService", "http", var name] => name,
            ["MetaService" or "doris.cloud.MetaService", var name] => "rpc/" + name,
            _ => parts.LastOrDefault() ?? "",
        };
    }

    private static bool IsSuccess(string text)
    {
        if (!text.StartsWith('{'))
        {
            return !text.StartsWith("status {", StringComparison.Ordinal) || text.Contains("code: OK\n", StringComparison.Ordinal);
        }

        // A record that get_value prints is no envelope.
        var reply = JsonNode.Parse(text)!.AsObject();
        var code = reply["status"] is JsonObject status ? status["code"] : reply["code"];
        return code is null || code.ToString() is "OK" or "0";
    }
}

/// <summary>Calls RPCs over gRPC and reads what comes back, refusals and metadata included.</summary>
public sealed class CanaryGrpc(GrpcChannel channel, CanaryWatch watch, CanaryCalls calls)
{
    private const int StatusField = 1;

    /// <summary>Sends a message, whatever it is; null stands for the credentials of the network.</summary>
    public async Task CallAsync(
        string name, byte[] message, string? token, bool showsSecrets, params (string Name, string Value)[] metadata)
    {
        var headers = new Metadata();
        foreach (var (key, value) in token is null ? metadata : [("authorization", $"Bearer {token}"), .. metadata])
        {
            headers.Add(key, value);
        }

        var place = "grpc/" + name;
        try
        {
            using var call = channel.CreateCallInvoker()
                .AsyncUnaryCall(CanaryRpc.Method(name), null, new CallOptions(headers), message);
            var response = await call;
            var succeeded = IsSuccess(response);
            calls.Note(place, succeeded);
            watch.See(CanaryHandler.ChannelOf("rpc/" + name, succeeded, showsSecrets), place, response);
            See(place, await call.ResponseHeadersAsync);
            See(place, call.GetTrailers());
        }
        catch (RpcException e)
        {
            calls.Note(place, false);
            watch.See(CanaryChannel.Reply, place, e.Status.ToString());
            See(place, e.Trailers);
        }
    }

    private void See(string place, Metadata metadata) =>
        watch.See(CanaryChannel.Reply, place, string.Join('\n', metadata.Select(entry => $"{entry.Key} {entry.Value}")));

    /// <summary>Whether the status, the first field of every response, has the code 0.</summary>
    private static bool IsSuccess(byte[] response)
    {
        var input = new CodedInputStream(response);
        return WireFormat.GetTagFieldNumber(input.ReadTag()) == StatusField &&
            Records.Cloud.MetaServiceResponseStatus.Parser.ParseFrom(input.ReadBytes()).Code == Records.Cloud.MetaServiceCode.Ok;
    }
}
