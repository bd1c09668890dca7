using MetaService.Keys;

namespace MetaService.UnitTests.Keys;

public class KeySpaceDocumentTests
{
    [Fact]
    public void The_committed_page_is_the_generated_one() =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "keyspace.md")).Should().Be(
            KeySpaceDocument.Markdown(), "docs/keyspace.md is generated: run 'metaservice keyspace > docs/keyspace.md'");

    [Fact]
    public void The_page_lists_every_type_of_key()
    {
        var page = KeySpaceDocument.Markdown();
        foreach (var definition in KeySpace.All)
        {
            page.Should().Contain($"| `{definition.Name}` |");
        }
    }
}
