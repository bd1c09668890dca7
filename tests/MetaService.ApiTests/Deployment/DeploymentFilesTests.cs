using System.Collections;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using MetaService.Server.Settings;
using Microsoft.Extensions.Configuration;
using static MetaService.ApiTests.Deployment.DeploymentFiles;

namespace MetaService.ApiTests.Deployment;

/// <summary>The files for containers agree with the program and with each other.</summary>
public sealed partial class DeploymentFilesTests
{
    private const string ApplicationLabel = "app.kubernetes.io/name";

    private static readonly ServerOptions Defaults = new();
    private static readonly string DefaultPort = Defaults.Endpoints().Single().Port.ToString(null, null);

    private static readonly string[] Folders = [Manifests, EmbeddedManifests];
    private static readonly string[] ComposeFiles = [Compose, EmbeddedCompose];

    /// <summary>Where settings and versions are written about.</summary>
    private static readonly string[] Written =
        ["Dockerfile", "README.md", .. ComposeFiles, .. In("deploy", "*"), .. In("docs", "*.md")];

    private static readonly string[] ProbeNames = ["startupProbe", "readinessProbe", "livenessProbe"];

    public static TheoryData<string> Kustomizations => [.. Folders];

    [Fact]
    public void The_image_restores_every_project_of_the_solution()
    {
        var projects = ProjectOfSolution().Matches(Text("MetaService.sln")).Select(m => m.Groups[1].Value.Replace('\\', '/'))
            .ToList();
        projects.Should().HaveCountGreaterThan(4);
        CopiedFromContext().Where(line => line.Contains(".csproj", StringComparison.Ordinal)).Should()
            .BeEquivalentTo(projects.Select(project => $"COPY {project} {Path.GetDirectoryName(project)}/"));
    }

    [Fact]
    public void What_the_image_is_built_from_is_there()
    {
        var sources = CopiedFromContext().SelectMany(line => line.Split(' ')[1..^1]).ToList();
        sources.Should().Contain("src/").And.OnlyContain(source => Path.Exists(Path.Combine(Root, source)));
    }

    [Fact]
    public void The_version_is_the_same_everywhere()
    {
        var version = XDocument.Parse(Text("Directory.Build.props")).Descendants("Version").Single().Value;
        Argument("VERSION").Should().Be(version);
        Folders.Select(folder => (string?)Items(Yaml($"{folder}/kustomization.yaml")["images"]).Single()["newTag"])
            .Should().AllBe(version);
        OwnServices().Select(service => (string?)service["image"]).Should().NotBeEmpty()
            .And.AllBe($"metaservice:${{METASERVICE_VERSION:-{version}}}");
    }

    [Fact]
    public void The_client_and_the_servers_of_FoundationDB_are_of_one_version()
    {
        var version = Argument("FDB_CLIENT_VERSION");
        Written.SelectMany(file => FoundationDbImage().Matches(Text(file))).Select(m => m.Groups[1].Value)
            .Should().NotBeEmpty().And.AllBe(version);
        var package = XDocument.Parse(Text("Directory.Packages.props")).Descendants("PackageVersion")
            .Single(p => p.Attribute("Include")!.Value == "FoundationDB.Client").Attribute("Version")!.Value;
        MinorOf(package).Should().Be(MinorOf(version), "a client speaks the protocol of its own minor version");
    }

    [Fact]
    public void Every_setting_that_is_written_about_exists()
    {
        var names = Written.SelectMany(file => Setting().Matches(Text(file))).Select(m => m.Groups[1].Value).ToHashSet();
        names.Remove("NAME"); // Stands for any.
        names.Should().Contain(["TOKEN", "STORE", "FOUNDATIONDB__CLUSTERFILE"]).And.OnlyContain(name => Exists(name));
        Exists("TOKENS__0").Should().BeTrue();
        Exists("TOKNE").Should().BeFalse();
        Exists("FOUNDATIONDB__TLS__CA").Should().BeFalse();
    }

    [Fact]
    public void Every_setting_that_is_given_can_be_read()
    {
        var given = Services().SelectMany(service => service["environment"]?.AsObject() ?? [])
            .Select(variable => (variable.Key, Value: (string)variable.Value!))
            .Concat(Folders.SelectMany(folder => Environment(folder).Select(e => (e.Key, e.Value))))
            .Concat(Variable().Matches(Instruction("ENV")).Select(m => (Key: m.Groups[1].Value, Value: m.Groups[2].Value)))
            .Where(e => e.Key.StartsWith("METASERVICE__", StringComparison.Ordinal)).ToList();
        given.Should().HaveCountGreaterThan(8);
        foreach (var (name, value) in given)
        {
            var read = () => Read(name, value);
            read.Should().NotThrow();
        }

        var misspelt = () => Read("METASERVICE__FOUNDATIONDB__CLUSTERFIEL", "x");
        misspelt.Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void Containers_serve_the_default_port()
    {
        Instruction("EXPOSE").Should().Be(DefaultPort);
        Instruction("ENV").Should().Contain($"METASERVICE__LISTEN=0.0.0.0:{DefaultPort}");
        Services().SelectMany(service => service["ports"]?.AsArray() ?? []).Select(port => ((string)port!).Split(':'))
            .Should().HaveCount(3).And.OnlyContain(port => port[0] == "127.0.0.1" && port[2] == DefaultPort);
        foreach (var folder in Folders)
        {
            var port = Items(Container(folder)["ports"]).Single();
            ((string?)port["containerPort"]).Should().Be(DefaultPort);
            var served = Items(Resources(folder)["Service"]["spec"]!["ports"]).Single();
            ((string?)served["port"]).Should().Be(DefaultPort);
            ((string?)served["targetPort"]).Should().Be((string?)port["name"]);
        }
    }

    [Theory]
    [MemberData(nameof(Kustomizations))]
    public async Task Probes_ask_what_is_served(string folder)
    {
        await using var server = await InProcessServer.StartAsync();
        var container = Container(folder);
        var probes = ProbeNames.Select(name => container[name]!["httpGet"]!).ToList();
        probes.Select(probe => (string)probe["path"]!).Should().Equal("/health/live", "/health/ready", "/health/live")
            .And.BeSubsetOf(server.RoutePatterns);
        probes.Select(probe => (string?)probe["port"]).Should().AllBe((string?)Items(container["ports"]).Single()["name"]);
    }

    [Fact]
    public void A_stop_is_given_more_time_than_it_takes()
    {
        foreach (var folder in Folders)
        {
            var pause = (string?)Container(folder)["lifecycle"]?["preStop"]!["exec"]!["command"]![1] ?? "0";
            var given = (string)Pod(folder)["spec"]!["terminationGracePeriodSeconds"]!;
            int.Parse(given, null).Should().BeGreaterThan(Defaults.ShutdownSeconds + int.Parse(pause, null));
        }

        OwnServices().Select(service => int.Parse(((string)service["stop_grace_period"]!).TrimEnd('s'), null))
            .Should().HaveCount(3).And.OnlyContain(seconds => seconds > Defaults.ShutdownSeconds);
    }

    [Fact]
    public void The_health_of_a_container_is_asked_for_in_one_way()
    {
        var words = JsonNode.Parse(Instruction("HEALTHCHECK").Split("CMD")[1])!.AsArray().Select(word => (string)word!).ToList();
        words.Should().Equal("metaservice", "health");
        foreach (var service in OwnServices())
        {
            Items(service["healthcheck"]!["test"]).Select(word => (string)word!).Should().Equal(["CMD", .. words]);
        }
    }

    [Theory]
    [MemberData(nameof(Kustomizations))]
    public void The_objects_of_a_kustomization_find_each_other(string folder)
    {
        var application = (string?)Pod(folder)["metadata"]!["labels"]![ApplicationLabel];
        application.Should().NotBeNull();
        foreach (var (kind, resource) in Resources(folder))
        {
            var selector = resource["spec"]?["selector"];
            if (selector is not null)
            {
                ((string?)(selector["matchLabels"] ?? selector)[ApplicationLabel]).Should().Be(application, kind);
            }
        }

        var token = Items(Container(folder)["env"]).Single(variable => (string?)variable["name"] == "METASERVICE__TOKEN");
        var secret = Yaml($"{Manifests}/secret.example.yaml");
        ((string?)token["valueFrom"]!["secretKeyRef"]!["name"]).Should().Be((string?)secret["metadata"]!["name"]);
        secret["stringData"]!.AsObject().Select(e => e.Key).Should().Equal((string?)token["valueFrom"]!["secretKeyRef"]!["key"]);
    }

    [Fact]
    public void The_cluster_file_is_mounted_where_the_server_reads_it()
    {
        var file = Environment(Manifests)["METASERVICE__FOUNDATIONDB__CLUSTERFILE"];
        var config = Resources(Manifests)["ConfigMap"];
        config["data"]!.AsObject().Select(e => e.Key).Should().Equal(Path.GetFileName(file));
        var volume = Items(Pod(Manifests)["spec"]!["volumes"])
            .Single(v => (string?)v["configMap"]?["name"] == (string?)config["metadata"]!["name"]);
        var mount = Items(Container(Manifests)["volumeMounts"]).Single(m => (string?)m["name"] == (string?)volume["name"]);
        ((string?)mount["mountPath"]).Should().Be(Path.GetDirectoryName(file));
        mount["subPath"].Should().BeNull("a file mounted by itself never changes");
    }

    [Fact]
    public void The_keys_are_mounted_where_the_servers_read_them()
    {
        var file = Environment(Manifests)["METASERVICE__SECRETS__KEYFILE"];
        var secret = Yaml($"{Manifests}/keys.example.yaml");
        secret["stringData"]!.AsObject().Select(e => e.Key).Should().Equal(Path.GetFileName(file));
        var volume = Items(Pod(Manifests)["spec"]!["volumes"])
            .Single(v => (string?)v["secret"]?["secretName"] == (string?)secret["metadata"]!["name"]);
        var mount = Items(Container(Manifests)["volumeMounts"]).Single(m => (string?)m["name"] == (string?)volume["name"]);
        ((string?)mount["mountPath"]).Should().Be(Path.GetDirectoryName(file));

        var services = Yaml(Compose)["services"]!.AsObject();
        foreach (var server in new[] { "metaservice-1", "metaservice-2" })
        {
            var path = (string)services[server]!["environment"]!["METASERVICE__SECRETS__KEYFILE"]!;
            ((string)services["key"]!["command"]![0]!).Should().Contain($"new-key --file {path}");
            var volumes = Items(services[server]!["volumes"]).Select(v => (string)v!);
            volumes.Should().Contain((string)services["key"]!["volumes"]![0]! + ":ro").And.Contain($"key:{Path.GetDirectoryName(path)}:ro");
        }
    }

    [Fact]
    public void Both_kustomizations_have_the_same_service() =>
        Text($"{EmbeddedManifests}/service.yaml").Should().Be(Text($"{Manifests}/service.yaml"));

    /// <summary>The services of both compose files.</summary>
    private static IEnumerable<JsonNode> Services() =>
        ComposeFiles.SelectMany(file => Yaml(file)["services"]!.AsObject().Select(service => service.Value!));

    /// <summary>Those that run this program and go on running.</summary>
    private static IEnumerable<JsonNode> OwnServices() =>
        Services().Where(service => service["build"] is not null && (string?)service["restart"] != "no");

    /// <summary>The variables of a kustomization's container; those from a Secret have some value.</summary>
    private static Dictionary<string, string> Environment(string folder) => Items(Container(folder)["env"])
        .ToDictionary(variable => (string)variable["name"]!, variable => (string?)variable["value"] ?? "secret");

    /// <summary>The copying instructions that read the build context.</summary>
    private static IEnumerable<string> CopiedFromContext() => Dockerfile.Where(line =>
        line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from=", StringComparison.Ordinal));

    /// <summary>What follows an instruction that the Dockerfile has once.</summary>
    private static string Instruction(string name) =>
        Dockerfile.Single(line => line.StartsWith(name + " ", StringComparison.Ordinal))[(name.Length + 1)..];

    /// <summary>The default of a build argument.</summary>
    private static string Argument(string name) =>
        Dockerfile.Single(line => line.StartsWith($"ARG {name}=", StringComparison.Ordinal)).Split('=')[1];

    private static string MinorOf(string version) => string.Join('.', version.Split('.')[..2]);

    /// <summary>Reads one setting as a start does, and refuses one that no property takes.</summary>
    private static void Read(string variable, string value)
    {
        var key = variable["METASERVICE__".Length..].Replace("__", ":", StringComparison.Ordinal);
        new ConfigurationBuilder().AddInMemoryCollection([new(key, value)]).Build()
            .Bind(new ServerOptions(), options => options.ErrorOnUnknownConfiguration = true);
    }

    /// <summary>Whether a property takes the setting of this name, given without its prefix.</summary>
    private static bool Exists(string name)
    {
        var type = typeof(ServerOptions);
        foreach (var part in name.Split("__"))
        {
            if (type.IsGenericType && type.IsAssignableTo(typeof(IEnumerable)))
            {
                return true; // A list or a dictionary has entries of any name.
            }

            var property = type.GetProperties().SingleOrDefault(p => p.Name.Equals(part, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                return false;
            }

            type = property.PropertyType;
        }

        return true;
    }

    [GeneratedRegex(@"""([^""]+\.csproj)""")]
    private static partial Regex ProjectOfSolution();

    [GeneratedRegex(@"foundationdb/foundationdb:([0-9.]+[0-9])")]
    private static partial Regex FoundationDbImage();

    [GeneratedRegex("METASERVICE__([A-Z0-9]+(?:__?[A-Z0-9]+)*)")]
    private static partial Regex Setting();

    [GeneratedRegex(@"(METASERVICE__\w+)=(\S+)")]
    private static partial Regex Variable();
}
