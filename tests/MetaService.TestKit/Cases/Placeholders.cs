using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MetaService.TestKit.Cases;

/// <summary>The names of a conversation: <c>{{id}}</c>, <c>{{now}}</c> and what earlier steps saved.</summary>
/// <param name="id">What <c>{{id}}</c> stands for; a name that nothing else uses unless given.</param>
/// <param name="now">What <c>{{now}}</c> stands for; the time unless given.</param>
public sealed partial class Placeholders(string? id = null, DateTimeOffset? now = null)
{
    private readonly Dictionary<string, JsonNode?> _values = new(StringComparer.Ordinal)
    {
        ["id"] = id ?? $"c{Guid.NewGuid():N}"[..13],
        ["now"] = (now ?? DateTimeOffset.UtcNow).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    public void Save(string name, JsonNode? value) => _values[name] = value?.DeepClone();

    /// <summary>A copy with the names filled in; one that stands alone keeps the type of what was saved.</summary>
    public JsonNode? Fill(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.Select(p => KeyValuePair.Create(FillText(p.Key), Fill(p.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Fill)]),
        JsonValue value when value.TryGetValue<string>(out var text) => FillValue(text),
        _ => node?.DeepClone(),
    };

    private JsonNode? FillValue(string text)
    {
        var match = Name().Match(text);
        return match.Success && match.Length == text.Length && _values.TryGetValue(match.Groups[1].Value, out var value)
            ? value?.DeepClone()
            : JsonValue.Create(FillText(text));
    }

    private string FillText(string text) => Name().Replace(
        text, match => _values.TryGetValue(match.Groups[1].Value, out var value) ? value?.ToString() ?? "null" : match.Value);

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex Name();
}
