using System.Text;
using System.Text.Json.Nodes;

namespace MetaService.ApiTests.Hostile;

/// <summary>Spoils request bodies in all the ways that clients do, by accident or not.</summary>
public static class JsonMutations
{
    private const string Hole = "@hole@";

    // JSON texts, some of which no JSON library would write.
    private static readonly string[] WrongValues =
    [
        "\"x\"", "\"\"", "\" \"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"a\\nb:c/../%00\"",
        $"\"{new string('y', 5000)}\"",
        "0", "-1", "65536", "2147483648", "-9223372036854775809", "18446744073709551616", "1.5", "1e400", "-0.0", "true", "null",
        "[]", "[null]", "[[]]", "[\"x\"]", "{}", "{\"x\":{\"y\":[]}}",
    ];

    /// <summary>The body with each field and element dropped, doubled, and replaced by each wrong value, one at a time.</summary>
    public static IEnumerable<string> OfFields(JsonObject example)
    {
        foreach (var path in Paths(example, []))
        {
            yield return Drop(example, path);
            var holed = Replace(example, path);
            foreach (var value in WrongValues)
            {
                yield return holed.Replace($"\"{Hole}\"", value, StringComparison.Ordinal);
            }

            if (path[^1] is string name)
            {
                var value = At(example, path).ToJsonString();
                yield return holed.Replace($"\"{Hole}\"", $"{value},\"{name}\":{value}", StringComparison.Ordinal);
                yield return holed.Replace($"\"{Hole}\"", $"{value},\"{name}\":null,\"{name}\":7", StringComparison.Ordinal);
            }
        }
    }

    /// <summary>Bodies that are wrong as a whole.</summary>
    public static IEnumerable<byte[]> OfWhole(JsonObject example, Random random)
    {
        var good = example.ToJsonString();
        string[] texts =
        [
            "", " ", "\n", "[]", "\"x\"", "1", "true", "null", "{", "}", "{}", "{,}", "{\"a\"", "{\"a\":", "{\"a\":}", "{'a':1}",
            "{a:1}", "{\"a\":1,,}", "{\"a\":NaN}", "{\"a\":01}", "{\"a\":+1}", "{\"\":\"\"}", "/* */{}", "//\n{}", "{}{}", "{}x",
            "\0", "{}\0", "\uFEFF{}", "\uFEFF\uFEFF{}", good + good, good[1..], good[..^1], $"[{good}]",
            $"{{\"{good.Replace("\"", "\\\"", StringComparison.Ordinal)}\":1}}",
            good.Replace("\":", "\\u0000\":", StringComparison.Ordinal), good.Replace('"', '\''), $"{{\"x\":1,{good[1..]}",
            Nested("{\"a\":", "}", 63), Nested("{\"a\":", "}", 65), Nested("{\"a\":", "}", 50_000),
            Nested("[", "]", 50_000), new string('[', 200_000),
            $"{{\"x\":\"{new string('x', 500_000)}\"}}",
            $"{{\"x\":{new string('9', 20_000)}}}",
            $"{{\"x\":[{string.Join(',', Enumerable.Repeat("0", 50_000))}]}}",
            $"{{{string.Join(',', Enumerable.Range(0, 20_000).Select(i => $"\"f{i}\":0"))}}}",
            $"{{\"{new string('n', 100_000)}\":1}}",
        ];
        foreach (var text in texts)
        {
            yield return Encoding.UTF8.GetBytes(text);
        }

        yield return Encoding.Unicode.GetBytes(good);
        yield return [0xFF, 0xFE, 0x00];
        yield return [.. "{\"a\":\""u8, 0xC3, 0x28, .. "\"}"u8];
        yield return [.. "{\"a\":\""u8, 0xED, 0xA0, 0x80, .. "\"}"u8];
        for (var i = 0; i < 12; i++)
        {
            var noise = new byte[random.Next(1, 300)];
            random.NextBytes(noise);
            yield return noise;

            var bytes = Encoding.UTF8.GetBytes(good);
            yield return bytes[..random.Next(bytes.Length)];
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            yield return bytes;
        }
    }

    private static string Nested(string open, string close, int levels) =>
        string.Concat(Enumerable.Repeat(open, levels)) + "1" + string.Concat(Enumerable.Repeat(close, levels));

    private static IEnumerable<object[]> Paths(JsonNode? node, object[] path)
    {
        var children = node switch
        {
            JsonObject map => map.Select(p => ((object)p.Key, p.Value)),
            JsonArray list => list.Select((item, index) => ((object)index, item)),
            _ => [],
        };
        foreach (var (step, child) in children)
        {
            object[] here = [.. path, step];
            yield return here;
            foreach (var inner in Paths(child, here))
            {
                yield return inner;
            }
        }
    }

    private static string Drop(JsonObject example, object[] path)
    {
        var copy = example.DeepClone();
        var parent = At(copy, path[..^1]);
        if (path[^1] is string name)
        {
            parent.AsObject().Remove(name);
        }
        else
        {
            parent.AsArray().RemoveAt((int)path[^1]);
        }

        return copy.ToJsonString();
    }

    private static string Replace(JsonObject example, object[] path)
    {
        var copy = example.DeepClone();
        var parent = At(copy, path[..^1]);
        if (path[^1] is string name)
        {
            parent[name] = Hole;
        }
        else
        {
            parent[(int)path[^1]] = Hole;
        }

        return copy.ToJsonString();
    }

    private static JsonNode At(JsonNode node, object[] path) =>
        path.Aggregate(node, (parent, step) => step is string name ? parent[name]! : parent[(int)step]!);
}
