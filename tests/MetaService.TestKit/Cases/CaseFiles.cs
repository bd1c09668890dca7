using System.Text.Json.Nodes;

namespace MetaService.TestKit.Cases;

/// <summary>The recorded conversations under <c>Data/cases</c>.</summary>
public static class CaseFiles
{
    private static readonly Dictionary<string, JsonObject> Cases = Load();

    /// <summary>Each conversation: file and name.</summary>
    public static IEnumerable<string> All => Cases.Keys;

    /// <summary>One row per conversation.</summary>
    public static TheoryData<string> Names() => [.. All];

    /// <summary>The conversation of a row.</summary>
    public static JsonObject Get(string name) => Cases[name];

    private static Dictionary<string, JsonObject> Load()
    {
        var cases = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var path in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Data", "cases"), "*.json").Order())
        {
            var file = Path.GetFileNameWithoutExtension(path);
            foreach (var item in JsonNode.Parse(File.ReadAllText(path))!["cases"]!.AsArray())
            {
                var name = $"{file} / {(string)item!["name"]!}";
                cases.Add(name, item.AsObject());
            }
        }

        return cases;
    }
}
