using MetaService.Server.Settings;

namespace MetaService.ApiTests.Cases;

/// <summary>Every recorded conversation, word for word, against the real server.</summary>
public abstract class CaseTests(ServerFixture fixture)
{
    [Theory]
    [MemberData(nameof(CaseFiles.Names), MemberType = typeof(CaseFiles))]
    public async Task Conversation(string name)
    {
        var runner = new CaseRunner(fixture.Server.Http, ServerOptions.DocumentToken);
        var wrong = await runner.RunAsync(CaseFiles.Get(name));
        wrong.Should().BeNull();
    }
}

/// <summary>The conversations on the memory store.</summary>
public sealed class MemoryCaseTests(MemoryServer fixture) : CaseTests(fixture), IClassFixture<MemoryServer>;

/// <summary>The conversations on the embedded durable store.</summary>
public sealed class RocksDbCaseTests(RocksDbServer fixture) : CaseTests(fixture), IClassFixture<RocksDbServer>;

/// <summary>What the conversations leave behind.</summary>
public sealed class CaseStoreTests
{
    [Fact]
    public async Task All_conversations_together_leave_a_sound_store()
    {
        await using var server = await InProcessServer.StartAsync();
        var runner = new CaseRunner(server.Http, ServerOptions.DocumentToken);
        foreach (var name in CaseFiles.Names())
        {
            await runner.RunAsync(CaseFiles.Get(name));
        }

        (await StoreContent.AllAsync(server.Store)).Count.Should().BeGreaterThan(100);
        await StoreContent.ShouldBeSoundAsync(server.Store);
    }
}
