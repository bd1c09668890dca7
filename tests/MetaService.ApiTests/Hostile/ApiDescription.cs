using System.Text.Json.Nodes;

namespace MetaService.ApiTests.Hostile;

/// <summary>An endpoint as the OpenAPI document of the server describes it.</summary>
/// <param name="Name">The last part of its path.</param>
/// <param name="Verb">The customary verb.</param>
/// <param name="Example">A request body, if it takes one, with <see cref="Canary"/> in the place of each secret.</param>
/// <param name="Query">Names of its query parameters.</param>
public sealed record ApiDescription(string Name, string Verb, JsonObject? Example, IReadOnlyList<string> Query)
{
    /// <summary>What every secret of the examples begins with; it must not turn up where secrets are not to be shown.</summary>
    public const string Canary = "CANARY-";

    private const string Prefix = "/MetaService/http/v1/";

    /// <summary>All endpoints of a server, those last that take away what the others work on.</summary>
    public static async Task<IReadOnlyList<ApiDescription>> AllAsync(ApiClient api)
    {
        var document = (await api.SendAsync(HttpMethod.Get, "/swagger/v1/swagger.json")).Json;
        return
        [
            .. document["paths"]!.AsObject()
                .Where(path => path.Key.StartsWith(Prefix, StringComparison.Ordinal))
                .Select(path => Describe(path.Key[Prefix.Length..], path.Value!.AsObject().Single()))
                .OrderBy(e => e.Name.StartsWith("drop_", StringComparison.Ordinal))
                .ThenBy(e => e.Name == "drop_instance")
                .ThenBy(e => e.Name, StringComparer.Ordinal),
        ];
    }

    private static ApiDescription Describe(string name, KeyValuePair<string, JsonNode?> operation)
    {
        var example = operation.Value!["requestBody"]?["content"]?["application/json"]?["example"]?.DeepClone().AsObject();
        if (example is not null)
        {
            PutCanaries(example);
        }

        return new ApiDescription(
            name,
            operation.Key.ToUpperInvariant(),
            example,
            [.. (operation.Value["parameters"]?.AsArray() ?? []).Select(p => (string)p!["name"]!)]);
    }

    private static void PutCanaries(JsonNode node)
    {
        foreach (var (name, value) in node is JsonObject map ? map.ToList() : [])
        {
            if (name is "ak" or "sk")
            {
                node[name] = $"{Canary}{name}-{value}";
            }
            else if (value is not null)
            {
                PutCanaries(value);
            }
        }

        foreach (var item in node is JsonArray list ? list.OfType<JsonNode>() : [])
        {
            PutCanaries(item);
        }
    }
}
