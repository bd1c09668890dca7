using System.Text.Json.Nodes;

namespace MetaService.ApiTests.Canary;

/// <summary>
/// Replays the recorded conversations, which bring loads and tablets as far as they go, with canaries for keys and with fields that
/// do not exist in each body. Replies must be the recorded ones all the same.
/// </summary>
public static class CanaryConversations
{
    public static async Task RunAsync(CanaryServer server)
    {
        var runner = new CaseRunner(server.All.Http, server.AllToken);
        await Parallel.ForEachAsync(CaseFiles.All, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (name, _) =>
        {
            var conversation = CaseFiles.Get(name).DeepClone().AsObject();
            var canaries = new Dictionary<string, string>();
            foreach (var step in conversation["steps"]!.AsArray().Select(step => step!.AsObject()))
            {
                ReplaceKeys(step, canaries, server.Book, name);
                if (step["body"] is JsonObject body)
                {
                    body["no_such_field"] = server.Book.New(CanaryKind.Pasted, name);
                }
            }

            (await runner.RunAsync(conversation)).Should().BeNull(name);
        });
    }

    /// <summary>One canary for each key of a conversation, wherever it is in it, what is expected of replies included.</summary>
    private static void ReplaceKeys(JsonNode node, Dictionary<string, string> canaries, CanaryBook book, string place)
    {
        foreach (var (name, value) in node is JsonObject map ? map.ToList() : [])
        {
            if (name is "ak" or "sk" && value is JsonValue text && text.TryGetValue<string>(out var key) && key.Length > 0)
            {
                if (!canaries.TryGetValue(key, out var canary))
                {
                    canary = book.New(CanaryKind.Secret, place).PadRight(key.Length, 'x');
                    canaries.Add(key, canary);
                }

                node[name] = canary;
            }
            else if (value is not null)
            {
                ReplaceKeys(value, canaries, book, place);
            }
        }

        foreach (var item in node is JsonArray list ? list.OfType<JsonNode>() : [])
        {
            ReplaceKeys(item, canaries, book, place);
        }
    }
}
