using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace MetaService.ApiTests.Deployment;

/// <summary>What the repository holds for running the server in containers.</summary>
public static partial class DeploymentFiles
{
    public const string Compose = "docker-compose.yml";
    public const string EmbeddedCompose = "docker-compose.embedded.yml";
    public const string Manifests = "deploy/kubernetes";
    public const string EmbeddedManifests = "deploy/kubernetes/embedded";

    public static string Root { get; } = FindRoot();

    /// <summary>The instructions of the Dockerfile, continued lines joined, without comments.</summary>
    public static IReadOnlyList<string> Dockerfile { get; } =
    [
        .. Continuation().Replace(Comment().Replace(Text("Dockerfile"), ""), " ").Split('\n').Where(line => line.Length > 0),
    ];

    public static string Text(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>The paths of the files in a folder and below, relative to the root.</summary>
    public static IEnumerable<string> In(string folder, string pattern) =>
        Directory.GetFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file));

    /// <summary>A YAML document as JSON; every scalar is a string, aliases and merges are resolved.</summary>
    public static JsonNode Yaml(string path)
    {
        var parser = new MergingParser(new Parser(new StringReader(Text(path))));
        var content = new DeserializerBuilder().Build().Deserialize<object>(parser);
        return JsonNode.Parse(new SerializerBuilder().JsonCompatible().Build().Serialize(content))!;
    }

    /// <summary>What a kustomization applies, by kind.</summary>
    public static IReadOnlyDictionary<string, JsonNode> Resources(string folder) =>
        Items(Yaml($"{folder}/kustomization.yaml")["resources"]).Select(file => Yaml($"{folder}/{file}"))
            .ToDictionary(document => (string)document["kind"]!);

    /// <summary>The pod that a kustomization's one workload is made of.</summary>
    public static JsonNode Pod(string folder) =>
        Resources(folder).Values.Select(resource => resource["spec"]?["template"]).OfType<JsonNode>().Single();

    public static JsonNode Container(string folder) => Items(Pod(folder)["spec"]!["containers"]).Single();

    public static IEnumerable<JsonNode> Items(JsonNode? list) => list!.AsArray().Select(item => item!);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "MetaService.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("the tests run outside of their repository");
        }

        return folder.FullName;
    }

    [GeneratedRegex(@"^\s*#.*\n", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\\\n\s*")]
    private static partial Regex Continuation();
}
