using System.Text.RegularExpressions;
using System.Xml.Linq;
using MetaService.Domain.Instances;
using MetaService.Storage.RocksDb;

namespace MetaService.UnitTests;

/// <summary>The layering that docs/architecture.md describes.</summary>
public sealed partial class ArchitectureTests
{
    [Fact]
    public void The_core_knows_neither_the_web_nor_native_code()
    {
        var references = typeof(InstanceService).Assembly.GetReferencedAssemblies().Select(a => a.Name!);
        references.Should().NotContain(name =>
            name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) ||
            name.StartsWith("RocksDb", StringComparison.Ordinal) ||
            name.StartsWith("FoundationDB", StringComparison.Ordinal));
        typeof(RocksDbKvStore).Assembly.GetReferencedAssemblies().Select(a => a.Name!).Should().Contain("RocksDbSharp", "it is the one that does");
    }

    [Fact]
    public void Only_the_project_of_a_store_names_the_library_of_that_store()
    {
        var offenders = SourceFiles("src")
            .Where(f => !f.Contains("MetaService.Storage.", StringComparison.Ordinal))
            .Where(f => StoreLibraries().IsMatch(File.ReadAllText(f)));
        offenders.Should().BeEmpty();
    }

    /// <summary>Its package is not in every registry, so that building it by default would break the build of some.</summary>
    [Fact]
    public void The_solution_lists_the_optional_store_and_does_not_build_it()
    {
        const string Project = "MetaService.Storage.FoundationDb.csproj";
        var lines = File.ReadAllLines(Path.Combine(Root, "MetaService.sln"));
        var id = Guids().Matches(lines.Single(line => line.Contains(Project, StringComparison.Ordinal)))[^1].Value;
        lines.Should().Contain(line => line.Contains($"{id}.Debug|Any CPU.ActiveCfg", StringComparison.Ordinal));
        lines.Should().NotContain(line => line.Contains(id, StringComparison.Ordinal) && line.Contains(".Build.0", StringComparison.Ordinal));
    }

    [Fact]
    public void Only_a_build_that_asks_for_the_optional_store_refers_to_it()
    {
        var projects = Directory.GetFiles(Root, "*.csproj", SearchOption.AllDirectories).Select(XDocument.Load).ToList();
        var references = projects.SelectMany(p => p.Descendants())
            .Where(e => ((string?)e.Attribute("Include"))?.Contains("FoundationD", StringComparison.Ordinal) == true)
            .Where(e => e.Name.LocalName is "ProjectReference" or "PackageReference").ToList();

        references.Should().HaveCountGreaterThan(2);
        references.Should().OnlyContain(e => (string?)e.Parent!.Attribute("Condition") == "'$(WithFoundationDb)' == 'true'");
    }

    [Fact]
    public void The_domain_builds_no_keys_of_its_own()
    {
        var offenders = SourceFiles(Path.Combine("src", "MetaService.Core", "Domain")).Where(f => RawKeys().IsMatch(File.ReadAllText(f)));
        offenders.Should().BeEmpty("keys come from Key and KeyRanges");
    }

    /// <summary>The types see to it that no record with secrets is written otherwise; this is for who gets around them.</summary>
    [Fact]
    public void Secrets_are_changed_and_written_in_one_place_only()
    {
        var domain = SourceFiles(Path.Combine("src", "MetaService.Core", "Domain"));
        domain.Where(f => WritesBytes().IsMatch(File.ReadAllText(f))).Select(Path.GetFileName).Should().Equal("SealedRecords.cs");
        domain.Where(f => KeyChanges().IsMatch(File.ReadAllText(f))).Select(Path.GetFileName).Should().Equal(
            ["ISealer.cs"], "all others change keys by SetKeys, which does not leave them marked as sealed");
    }

    private static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "MetaService.sln")))
        {
            root = root.Parent;
        }

        return root!.FullName;
    }

    private static List<string> SourceFiles(string folder)
    {
        var separator = Path.DirectorySeparatorChar;
        var files = Directory.GetFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{separator}obj{separator}", StringComparison.Ordinal)).ToList();
        files.Should().NotBeEmpty();
        return files;
    }

    [GeneratedRegex(@"\{[0-9A-F-]{36}\}")]
    private static partial Regex Guids();

    [GeneratedRegex(@"using (RocksDbSharp|FoundationDB)")]
    private static partial Regex StoreLibraries();

    [GeneratedRegex(@"\.Set\([^;]*\.Bytes")]
    private static partial Regex WritesBytes();

    [GeneratedRegex(@"\.(Ak|Sk) = ")]
    private static partial Regex KeyChanges();

    [GeneratedRegex(@"KeySpace\.|KeyDefinition|OrderedCodec|new byte\[")]
    private static partial Regex RawKeys();
}
