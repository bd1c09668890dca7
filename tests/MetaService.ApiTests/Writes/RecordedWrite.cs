using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using MetaService.Records.Cloud;

namespace MetaService.ApiTests.Writes;

/// <summary>A request to another implementation of this API and the records that it wrote.</summary>
/// <param name="Name">Line number and endpoint.</param>
/// <param name="Endpoint">The endpoint's name.</param>
/// <param name="Body">The request.</param>
/// <param name="Added">Keys that were not there before, in hex, with their values.</param>
/// <param name="Changed">Keys whose value became another one.</param>
/// <param name="Removed">Keys that went.</param>
public sealed record RecordedWrite(
    string Name,
    string Endpoint,
    JsonObject Body,
    IReadOnlyDictionary<string, IMessage> Added,
    IReadOnlyDictionary<string, IMessage> Changed,
    IReadOnlyList<string> Removed)
{
    private const string HttpPrefix = "http/";

    private static readonly string[] TransactionEndpoints = ["abort_txn", "abort_tablet_job"];

    /// <summary>The recorded writes of the resource endpoints.</summary>
    public static IReadOnlyDictionary<string, RecordedWrite> All { get; } = Load();

    private static Dictionary<string, RecordedWrite> Load() =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", "writes.jsonl"))
            .Select((line, index) => Parse(index + 1, JsonNode.Parse(line)!.AsObject()))
            .OfType<RecordedWrite>()
            .ToDictionary(write => write.Name, StringComparer.Ordinal);

    private static RecordedWrite? Parse(int line, JsonObject json)
    {
        var request = (string)json["request"]!;
        var endpoint = request.StartsWith(HttpPrefix, StringComparison.Ordinal) ? request[HttpPrefix.Length..] : "";
        return endpoint.Length == 0 || TransactionEndpoints.Contains(endpoint)
            ? null // Transactions and jobs depend on what came before them.
            : new RecordedWrite(
                $"{line:00} {endpoint}",
                endpoint,
                json["body"]!.AsObject(),
                Records(json["added"]!.AsArray()),
                Records(json["changed"]!.AsArray()),
                [.. json["removed"]!.AsArray().Select(r => (string)r!["key"]!)]);
    }

    private static Dictionary<string, IMessage> Records(JsonArray pairs) =>
        pairs.ToDictionary(
            p => (string)p!["key"]!,
            p => Parse((string)p!["fields"]![1]!, Convert.FromHexString((string)p["value"]!)));

    private static IMessage Parse(string kind, byte[] value) => kind switch
    {
        "instance" => InstanceInfoPB.Parser.ParseFrom(value),
        "storage_vault" => StorageVaultPB.Parser.ParseFrom(value),
        _ => throw new JsonException($"no test knows the record of a '{kind}' key"),
    };
}
