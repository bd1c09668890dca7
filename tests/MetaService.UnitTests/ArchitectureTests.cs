using System.Text.RegularExpressions;
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
            .Where(f => !f.Contains("MetaService.Storage.RocksDb", StringComparison.Ordinal))
            .Where(f => StoreLibraries().IsMatch(File.ReadAllText(f)));
        offenders.Should().BeEmpty();
    }

    [Fact]
    public void The_domain_builds_no_keys_of_its_own()
    {
        var offenders = SourceFiles(Path.Combine("src", "MetaService.Core", "Domain")).Where(f => RawKeys().IsMatch(File.ReadAllText(f)));
        offenders.Should().BeEmpty("keys come from Key and KeyRanges");
    }

    private static List<string> SourceFiles(string folder)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "MetaService.sln")))
        {
            root = root.Parent;
        }

        var separator = Path.DirectorySeparatorChar;
        var files = Directory.GetFiles(Path.Combine(root!.FullName, folder), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{separator}obj{separator}", StringComparison.Ordinal)).ToList();
        files.Should().NotBeEmpty();
        return files;
    }

    [GeneratedRegex(@"using (RocksDbSharp|FoundationDB)")]
    private static partial Regex StoreLibraries();

    [GeneratedRegex(@"KeySpace\.|KeyDefinition|OrderedCodec|new byte\[")]
    private static partial Regex RawKeys();
}
