using MetaService.Server.Access;
using MetaService.Server.Settings;
using Microsoft.Extensions.Logging;

namespace MetaService.ApiTests.Access;

/// <summary>Tokens change while the server runs.</summary>
public sealed class TokensFileTests : IDisposable
{
    private const string Old = "old-token-0123456789";
    private const string New = "new-token-0123456789";

    private readonly TemporaryDirectory _directory = new();
    private readonly ListLogger _log = new();

    private string TokensFile => Path.Combine(_directory.Path, "tokens.json");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_server_takes_over_what_the_file_says_without_a_restart()
    {
        Write(TestTokens.Entry("old", Old, "read"));
        await using var server = await InProcessServer.StartAsync(configure: options =>
        {
            options.Access.TokensFile = TokensFile;
            options.ReloadInterval = TimeSpan.FromMilliseconds(20);
        });
        (await server.With(Old).GetAsync("list_instances")).ShouldBeOk();
        (await server.With(New).GetAsync("list_instances")).ShouldFail(403, "PERMISSION_DENIED");
        (await server.Api.GetAsync("list_instances")).ShouldFail(403, "PERMISSION_DENIED", "");

        Write(TestTokens.Entry("old", Old, "read"), TestTokens.Entry("new", New, "read"));
        await Eventually.HoldsAsync(
            async () => (await server.With(New).GetAsync("list_instances")).Status == 200, "the new token is accepted");
        (await server.With(Old).GetAsync("list_instances")).ShouldBeOk();

        Write(TestTokens.Entry("new", New, "read"));
        await Eventually.HoldsAsync(
            async () => (await server.With(Old).GetAsync("list_instances")).Status == 403, "the old token is refused");
        (await server.With(New).GetAsync("list_instances")).ShouldBeOk();
    }

    [Fact]
    public void A_file_that_cannot_be_used_is_told_once_and_the_old_tokens_stay()
    {
        Write(TestTokens.Entry("old", Old, "read"));
        var source = Source();
        foreach (var text in new[] { "", "[", $$"""[{"Name": "{{New}}"}]""", TestTokens.File(TestTokens.Entry("x", New)) })
        {
            File.WriteAllText(TokensFile, text);
            source.Reload(_log);
            source.Reload(_log);
            source.Current.Find(Old)!.Name.Should().Be("old");
            source.Current.Find(New).Should().BeNull();
            _log.Lines.Should().ContainSingle($"of {text}").Which.Level.Should().Be(LogLevel.Error);
            _log.Lines.Single().Text.Should().StartWith("The tokens stay as they were: Access:TokensFile ");
            _log.Lines.Clear();
        }

        File.Delete(TokensFile);
        source.Reload(_log);
        source.Reload(_log);
        source.Current.Find(Old).Should().NotBeNull();
        _log.Lines.Should().ContainSingle().Which.Text.Should().Contain("it does not exist");
        _log.Lines.Clear();

        Write(TestTokens.Entry("new", New, "read"));
        source.Reload(_log);
        source.Current.Find(Old).Should().BeNull();
        source.Current.Find(New).Should().NotBeNull();
        _log.Lines.Should().Equal((LogLevel.Information, "Tokens were read again: new"));
    }

    [Fact]
    public void A_file_that_is_replaced_as_Kubernetes_does_it_is_noticed()
    {
        // Name and time of the file stay: a link in its path leads elsewhere.
        var (first, second) = (Path.Combine(_directory.Path, "..1"), Path.Combine(_directory.Path, "..2"));
        Directory.CreateDirectory(first);
        Directory.CreateDirectory(second);
        File.WriteAllText(Path.Combine(first, "tokens.json"), TestTokens.File(TestTokens.Entry("old", Old, "read")));
        File.WriteAllText(Path.Combine(second, "tokens.json"), TestTokens.File(TestTokens.Entry("new", New, "read")));
        File.SetLastWriteTimeUtc(Path.Combine(second, "tokens.json"), File.GetLastWriteTimeUtc(Path.Combine(first, "tokens.json")));
        var link = Path.Combine(_directory.Path, "..data");
        Directory.CreateSymbolicLink(link, first);
        File.CreateSymbolicLink(TokensFile, Path.Combine(link, "tokens.json"));
        var source = Source();
        source.Current.Find(Old).Should().NotBeNull();

        Directory.Delete(link);
        Directory.CreateSymbolicLink(link, second);
        source.Reload(_log);
        source.Current.Names.Should().Equal("new");
    }

    [Fact]
    public void An_unchanged_file_is_not_read_into_anything()
    {
        Write(TestTokens.Entry("old", Old, "read"));
        var source = Source();
        var before = source.Current;
        File.SetLastWriteTimeUtc(TokensFile, DateTime.UtcNow.AddHours(1));
        source.Reload(_log);
        source.Current.Should().BeSameAs(before);
        _log.Lines.Should().BeEmpty();
    }

    [Fact]
    public void Without_its_tokens_the_file_lets_nobody_in_the_known_token_included()
    {
        Write(TestTokens.Entry("old", Old, "read"));
        var source = Source();
        Write();
        source.Reload(_log);
        source.Current.Count.Should().Be(0);
        source.Current.Find(ServerOptions.DocumentToken).Should().BeNull();
    }

    [Fact]
    public void The_known_token_does_not_get_in_by_the_file_where_others_can_connect()
    {
        Write(TestTokens.Entry("old", Old, "read"));
        var source = new TokenSource(new ServerOptions { Listen = "0.0.0.0:1", Access = { TokensFile = TokensFile } });
        Write(TestTokens.Entry("old", ServerOptions.DocumentToken, "read"));
        source.Reload(_log);
        source.Current.Find(ServerOptions.DocumentToken).Should().BeNull();
        source.Current.Find(Old).Should().NotBeNull();
    }

    [Fact]
    public void Clear_tokens_of_the_settings_allow_everything_and_have_names()
    {
        var options = new ServerOptions { Token = "a" };
        options.Tokens.Add("b");
        options.Tokens.Add("");
        options.Tokens.Add("a");
        options.Tokens.Add("c");
        var table = new TokenSource(options).Current;
        table.Names.Should().Equal("token", "token-1", "token-4");
        "abc".Select(t => table.Find(t.ToString())!.Scopes).Should().AllBeEquivalentTo(Scopes.All);
        table.Find(ServerOptions.DocumentToken).Should().BeNull();
    }

    private TokenSource Source() => new(new ServerOptions { Access = { TokensFile = TokensFile } });

    private void Write(params TokenEntry[] entries) => File.WriteAllText(TokensFile, TestTokens.File(entries));
}
