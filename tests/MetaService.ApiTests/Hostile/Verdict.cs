using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MetaService.ApiTests.Hostile;

/// <summary>What a reply may be, whatever the request was.</summary>
public static partial class Verdict
{
    // The six cases for which the API document promises INTERNAL_ERROR.
    private static readonly string[] DocumentedInternalErrors =
    [
        "must have only one master node", "failed to find cluster to drop", "name eq original name",
        "is already occupied by an instance", "cloud_unique_id can not find to drop node", "no mysql user name to change",
    ];

    // Endpoints that are there to show the keys of object stores.
    private static readonly string[] ShowsSecrets = ["get_instance", "get_obj_store_info", "show_storage_vaults", "get_stage"];

    private static readonly Dictionary<string, int[]> Statuses = new()
    {
        ["OK"] = [200],
        ["INVALID_ARGUMENT"] = [400, 405, 413],
        ["PERMISSION_DENIED"] = [403],
        ["NOT_FOUND"] = [404],
        ["ALREADY_EXISTED"] = [409],
        ["INTERNAL_ERROR"] = [500],
    };

    /// <summary>What is wrong with a reply of an endpoint, or null.</summary>
    public static string? Of(string endpoint, int status, string text)
    {
        if (Inside().Match(text) is { Success: true } inside)
        {
            return $"shows what is inside: {inside.Value}";
        }

        if (text.Contains(ApiDescription.Canary, StringComparison.Ordinal) && !ShowsSecrets.Contains(endpoint))
        {
            return "shows a secret";
        }

        return IsPlainText(status, text) ? null : OfEnvelope(status, text);
    }

    private static bool IsPlainText(int status, string text) =>
        (status == 200 && text.Length > 0 && text[0] != '{') ||
        (status is 400 or 404 or 409 && text.StartsWith("status {\n", StringComparison.Ordinal));

    private static string? OfEnvelope(int status, string text)
    {
        JsonObject reply;
        try
        {
            reply = JsonNode.Parse(text, null, new JsonDocumentOptions { AllowDuplicateProperties = false })!.AsObject();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            return "has no envelope";
        }

        var names = string.Join(',', reply.Select(p => p.Key));
        if (names is not ("code,msg" or "code,msg,result"))
        {
            return $"has an envelope of {names}";
        }

        var (code, msg) = ((string)reply["code"]!, (string)reply["msg"]!);
        if (!Statuses.TryGetValue(code, out var statuses) || !statuses.Contains(status))
        {
            return $"has code {code} with HTTP {status}";
        }

        if ((msg.Length == 0) != (code == "OK"))
        {
            return $"has code {code} with msg '{msg}'";
        }

        return status == 500 && !DocumentedInternalErrors.Any(part => msg.Contains(part, StringComparison.Ordinal))
            ? "is an internal error that is not documented"
            : null;
    }

    // A frame of a stack trace, an exception or the name of a type.
    [GeneratedRegex(
        @"   at [\w.]+\(|\bSystem\.\w|Exception\b|\bMicrosoft\.\w|Google\.Protobuf|\bMetaService\.\w|RocksDb|/src/|\.cs:line")]
    private static partial Regex Inside();
}
