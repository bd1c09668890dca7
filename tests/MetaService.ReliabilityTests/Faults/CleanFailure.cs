using System.Text.Json.Nodes;
using MetaService.TestKit.Cases;

namespace MetaService.ReliabilityTests.Faults;

/// <summary>What a reply that blames the store must be like.</summary>
internal static class CleanFailure
{
    private const string NothingApplied = "nothing was applied";
    private const string Unknown = "may or may not have been applied";

    /// <summary>Whether a reply says that the store failed, over HTTP or as an RPC.</summary>
    public static bool Is(ApiReply reply) => reply.Status == 503 || RpcStatus(reply) is not null;

    /// <summary>Whether it promises that the request changed nothing.</summary>
    public static bool PromisesNoChange(ApiReply reply) => reply.Text.Contains(NothingApplied, StringComparison.Ordinal);

    /// <summary>Whether it leaves open whether the request changed something.</summary>
    public static bool LeavesOpen(ApiReply reply) => reply.Text.Contains(Unknown, StringComparison.Ordinal);

    /// <summary>What is wrong with it, or null: it must say which of the two it is, and over HTTP when to come back.</summary>
    public static string? Judge(ApiReply reply)
    {
        if (PromisesNoChange(reply) == LeavesOpen(reply))
        {
            return $"it does not say what has become of the change: {reply.Text}";
        }

        if (RpcStatus(reply) is { } status)
        {
            var isUnknown = (string?)status["code"] == "KV_TXN_MAYBE_COMMITTED";
            return isUnknown == LeavesOpen(reply) ? null : $"code and message differ: {reply.Text}";
        }

        if (reply.Headers.RetryAfter is null)
        {
            return $"a 503 without Retry-After: {reply.Text}";
        }

        // The status endpoint, which stands in for one of an FE, gives a number for a code.
        var isText = reply.Text.StartsWith("status {", StringComparison.Ordinal);
        return isText || (ReplyExpectation.Parse(reply.Text) as JsonObject)?["code"]?.ToString() is "INTERNAL_ERROR" or "503"
            ? null
            : $"a 503 that is no envelope: {reply.Text}";
    }

    private static JsonNode? RpcStatus(ApiReply reply) =>
        reply.Status == 200
        && ReplyExpectation.Parse(reply.Text) is JsonObject response
        && response["status"] is JsonObject status
        && status["code"]?.ToString().StartsWith("KV_TXN_", StringComparison.Ordinal) == true
            ? status
            : null;
}
