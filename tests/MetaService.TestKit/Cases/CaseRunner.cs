using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MetaService.TestKit.Support;

namespace MetaService.TestKit.Cases;

/// <summary>Replays recorded conversations against a server.</summary>
public sealed class CaseRunner(HttpClient http, string token)
{
    private readonly ApiClient _api = new(http, token);

    /// <summary>The first step that went wrong and how, or null.</summary>
    public async Task<string?> RunAsync(JsonObject conversation)
    {
        var names = new Placeholders();
        var number = 0;
        foreach (var item in conversation["steps"]!.AsArray())
        {
            var step = names.Fill(item)!.AsObject();
            var reply = await SendAsync(step);
            var wrong = Judge(step, reply, names);
            number++;
            if (wrong is not null)
            {
                return $"step {number} {step["method"] ?? "PUT"} {step["path"]}: {wrong}";
            }
        }

        return number > 0 ? null : "there is no step";
    }

    /// <summary>What is wrong with the reply to a step, or null; keeps what the step says to save.</summary>
    public static string? Judge(JsonObject step, ApiReply reply, Placeholders names) =>
        ReplyExpectation.Judge(step, reply.Status, reply.Text) ?? Save(step, reply.Text, names);

    /// <summary>Sends the request of a step whose names are filled in.</summary>
    public Task<ApiReply> SendAsync(JsonObject step)
    {
        var headers = (step["headers"]?.AsObject() ?? []).Select(h => (h.Key, h.Value!.ToString())).ToList();
        if (step["auth"] is { } auth)
        {
            headers.Add(("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes((string)auth!))));
        }

        var body = step.TryGetPropertyValue("raw", out var raw) ? (string)raw!
            : step.TryGetPropertyValue("body", out var json) ? json?.ToJsonString() ?? "null"
            : null;
        ByteArrayContent? content = null;
        if (body is not null)
        {
            content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            content.Headers.TryAddWithoutValidation("Content-Type", (string?)step["content_type"] ?? "text/plain");
        }

        return _api.SendAsync(new HttpMethod((string?)step["method"] ?? "PUT"), Path(step), content, [.. headers]);
    }

    /// <summary>The token is added below /MetaService/ unless the step gives one; null stands for none.</summary>
    private string Path(JsonObject step)
    {
        var path = (string)step["path"]!;
        path = path.StartsWith('/') ? path : ApiClient.Root + path;
        var query = (step["query"]?.AsObject() ?? []).ToDictionary(p => p.Key, p => p.Value?.ToString());
        if (path.StartsWith("/MetaService/", StringComparison.Ordinal))
        {
            query.TryAdd("token", token);
        }

        var given = query.Where(p => p.Value is not null)
            .Select(p => $"{Uri.EscapeDataString(p.Key)}={Uri.EscapeDataString(p.Value!)}").ToList();
        return given.Count > 0 ? $"{path}?{string.Join('&', given)}" : path;
    }

    private static string? Save(JsonObject step, string text, Placeholders names)
    {
        foreach (var (name, from) in step["save"]?.AsObject() ?? [])
        {
            var path = (string)from!;
            var found = path.StartsWith("re:", StringComparison.Ordinal) ? ByPattern(text, path[3..]) : ByPath(text, path);
            if (found is null)
            {
                return $"nothing at '{path}' to save";
            }

            names.Save(name, found);
        }

        return null;
    }

    private static JsonValue? ByPattern(string text, string pattern) =>
        Regex.Match(text, pattern) is { Success: true } match ? JsonValue.Create(match.Groups[1].Value) : null;

    private static JsonNode? ByPath(string text, string path)
    {
        var node = ReplyExpectation.Parse(text);
        foreach (var part in path.Split('.'))
        {
            node = node switch
            {
                JsonArray list when int.TryParse(part, out var index) && index >= 0 && index < list.Count => list[index],
                JsonObject map => map[part],
                _ => null,
            };
        }

        return node;
    }
}
