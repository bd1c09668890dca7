using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MetaService.TestKit.Cases;

/// <summary>
/// Compares JSON with an expectation. <c>$any</c> matches anything present, <c>$time</c> unix seconds as a decimal string,
/// <c>$int</c> an integer or a decimal string, <c>$nonempty</c> a text; <c>{"$has": {...}}</c> compares the named fields only,
/// any other object is compared whole.
/// </summary>
public static class JsonExpectation
{
    private const long EarliestTime = 1_500_000_000;
    private const long LatestTime = 4_000_000_000;

    /// <summary>The first difference in words, or null.</summary>
    /// <param name="where">Names the place; below "reply" an int64 may be printed as a number or as a string.</param>
    public static string? Difference(JsonNode? want, JsonNode? got, string where) => want switch
    {
        JsonObject map => OfObject(map, got, where),
        JsonArray list => OfArray(list, got, where),
        JsonValue value when value.TryGetValue<string>(out var text) && text.StartsWith('$') => OfPattern(text, got, where),
        _ => OfScalar(want, got, where),
    };

    private static string? OfPattern(string pattern, JsonNode? got, string where)
    {
        var (matches, meaning) = pattern switch
        {
            "$any" => (true, "anything"),
            "$nonempty" => (TextOf(got) is { Length: > 0 }, "a non-empty string"),
            "$time" => (IsTime(TextOf(got)), "unix seconds as a decimal string"),
            "$int" => (IsInteger(got) || IsDecimal(TextOf(got)), "an integer"),
            _ => (TextOf(got) == pattern, pattern),
        };
        return matches ? null : $"{where}: expected {meaning}, got {Show(got)}";
    }

    private static string? OfObject(JsonObject want, JsonNode? got, string where)
    {
        if (got is not JsonObject map)
        {
            return $"{where}: expected an object, got {Show(got)}";
        }

        var isPartial = want.TryGetPropertyValue("$has", out var named);
        var fields = isPartial ? named!.AsObject() : want;
        foreach (var (name, value) in fields)
        {
            if (!map.TryGetPropertyValue(name, out var found))
            {
                return $"{where}.{name}: missing";
            }

            if (Difference(value, found, $"{where}.{name}") is { } difference)
            {
                return difference;
            }
        }

        var extra = isPartial ? [] : map.Select(p => p.Key).Where(name => !fields.ContainsKey(name)).ToList();
        return extra.Count > 0 ? $"{where}: unexpected field(s) {string.Join(", ", extra)}" : null;
    }

    private static string? OfArray(JsonArray want, JsonNode? got, string where)
    {
        if (got is not JsonArray list || list.Count != want.Count)
        {
            return $"{where}: expected {want.Count} element(s), got {Show(got)}";
        }

        return want.Select((item, i) => Difference(item, list[i], $"{where}[{i}]")).FirstOrDefault(d => d is not null);
    }

    private static string? OfScalar(JsonNode? want, JsonNode? got, string where)
    {
        if (IsInteger(want) && where.StartsWith("reply", StringComparison.Ordinal) && IsDecimal(TextOf(got)))
        {
            got = JsonNode.Parse(TextOf(got)!);
        }

        var same = Kind(want) == Kind(got) && (Kind(want) != JsonValueKind.Number || IsInteger(want) == IsInteger(got)) &&
            JsonNode.DeepEquals(want, got);
        return same ? null : $"{where}: expected {Show(want)}, got {Show(got)}";
    }

    private static JsonValueKind Kind(JsonNode? node) => node?.GetValueKind() ?? JsonValueKind.Null;

    private static string? TextOf(JsonNode? node) => Kind(node) == JsonValueKind.String ? (string?)node : null;

    private static bool IsInteger(JsonNode? node) =>
        Kind(node) == JsonValueKind.Number && node!.ToJsonString().AsSpan().IndexOfAny('.', 'e', 'E') < 0;

    private static bool IsDecimal(string? text) =>
        text is { Length: > 0 } && text[0] != '+' &&
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);

    private static bool IsTime(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var time) &&
        time is > EarliestTime and < LatestTime;

    private static string Show(JsonNode? node)
    {
        var text = node?.ToJsonString() ?? "null";
        return text.Length <= 300 ? text : text[..300] + "...";
    }
}
