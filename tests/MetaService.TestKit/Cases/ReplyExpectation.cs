using System.Text.Json;
using System.Text.Json.Nodes;

namespace MetaService.TestKit.Cases;

/// <summary>Judges a reply by the <c>expect</c> and <c>expect_rpc</c> of a step; whatever they name is compared.</summary>
public static class ReplyExpectation
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>What is wrong with the reply, or null.</summary>
    public static string? Judge(JsonObject step, int status, string text)
    {
        var document = Parse(text);
        return (step["expect"] is JsonObject expect ? Envelope(expect, status, text, document) : null)
            ?? (step.TryGetPropertyValue("expect_rpc", out var rpc) ? JsonExpectation.Difference(rpc, document, "reply") : null);
    }

    /// <summary>The JSON of a reply, or null when it is none.</summary>
    public static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text, null, Strict);
        }
        catch (JsonException)
        {
            return null; // A reply in plain text; what expects JSON of it finds nothing and says so.
        }
    }

    private static string? Envelope(JsonObject expect, int status, string text, JsonNode? document)
    {
        var reply = document as JsonObject ?? [];
        foreach (var (what, want) in expect)
        {
            var wrong = what switch
            {
                "http" => status == (int)want! ? null : $"HTTP {status}, expected {want}",
                "code" or "msg" or "result" => Field(reply, what, want),
                "msg_has" => Has((string?)reply["msg"] ?? "", (string)want!) ? null : $"msg lacks '{want}': {reply["msg"]}",
                "text" => text.TrimEnd('\n') == ((string)want!).TrimEnd('\n') ? null : $"the text is not '{want}'",
                "text_has" => Parts(want).Where(part => !Has(text, part)).Select(part => $"text lacks '{part}'").FirstOrDefault(),
                "absent" => Parts(want).Where(part => Has(text, part)).Select(part => $"text holds '{part}'").FirstOrDefault(),
                _ => throw new InvalidDataException($"a case expects '{what}', which no reply has"),
            };
            if (wrong is not null)
            {
                return $"{wrong}; body {(text.Length <= 300 ? text : text[..300])}";
            }
        }

        return null;
    }

    private static string? Field(JsonObject reply, string name, JsonNode? want) =>
        reply.TryGetPropertyValue(name, out var got) ? JsonExpectation.Difference(want, got, name) : $"no {name}";

    private static IEnumerable<string> Parts(JsonNode? want) => want!.AsArray().Select(part => (string)part!);

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.Ordinal);
}
