using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Net.Client;
using MetaService.Bench.Processes;
using MetaService.Json;
using Client = MetaService.Records.Cloud.MetaService.MetaServiceClient;

namespace MetaService.Bench.Targets;

/// <summary>A running server of ours, and what the preparation of loads asks of it.</summary>
internal sealed class MetaServer(ChildProcess process, Uri address, HttpClient http) : ITarget
{
    /// <summary>The token of a server that listens on loopback only.</summary>
    public const string Token = "greedisgood9999";

    private readonly List<GrpcChannel> _channels = [];

    public Uri Address => address;

    public ChildProcess Process => process;

    /// <summary>The path of an endpoint, with the token and perhaps more parameters.</summary>
    public static string Path(string endpoint, string parameters = "") =>
        $"/MetaService/http/v1/{endpoint}?token={Token}{(parameters.Length > 0 ? "&" : "")}{parameters}";

    /// <summary>Sends a request that must succeed.</summary>
    public Task PutAsync(string endpoint, IMessage request, CancellationToken cancellationToken) =>
        PutAsync(endpoint, ProtoJsonWriter.ToText(request, ProtoJsonStyle.Rpc), cancellationToken);

    /// <inheritdoc cref="PutAsync(string, IMessage, CancellationToken)"/>
    public async Task<JsonNode> PutAsync(string endpoint, string json, CancellationToken cancellationToken)
    {
        using var content = new StringContent(json, Encoding.UTF8);
        using var reply = await http.PutAsync(new Uri(Path(endpoint), UriKind.Relative), content, cancellationToken);
        return await ReadAsync(endpoint, reply, cancellationToken);
    }

    /// <summary>The <c>result</c> of a reply, which must be a success.</summary>
    public async Task<JsonNode> GetAsync(string endpoint, string parameters, CancellationToken cancellationToken)
    {
        using var reply = await http.GetAsync(new Uri(Path(endpoint, parameters), UriKind.Relative), cancellationToken);
        return await ReadAsync(endpoint, reply, cancellationToken);
    }

    /// <summary>A client on a connection of its own.</summary>
    public Client NewRpcClient()
    {
        var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { ThrowOperationCanceledOnCancellation = true });
        _channels.Add(channel);
        return new Client(channel);
    }

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(channel => channel.Dispose());
        http.Dispose();
        await process.DisposeAsync();
    }

    private static async Task<JsonNode> ReadAsync(string endpoint, HttpResponseMessage reply, CancellationToken cancellationToken)
    {
        var text = await reply.Content.ReadAsStringAsync(cancellationToken);
        return reply.IsSuccessStatusCode
            ? JsonNode.Parse(text)!["result"] ?? new JsonObject()
            : throw new BenchException($"{endpoint} answered {(int)reply.StatusCode}: {text}");
    }
}
