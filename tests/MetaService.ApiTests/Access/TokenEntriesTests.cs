using System.Text;
using MetaService.Server.Access;
using MetaService.Server.Settings;

namespace MetaService.ApiTests.Access;

/// <summary>How tokens are written down.</summary>
public sealed class TokenEntriesTests
{
    private const string Digest = "aaaabbbbccccddddaaaabbbbccccddddaaaabbbbccccddddaaaabbbbccccdddd";

    [Fact]
    public void A_file_may_have_comments_and_trailing_commas_and_names_in_any_case()
    {
        var tokens = Parse($$"""
            [ // of the platform
              {"Name": "platform", "Sha256": "{{Digest}}", "Scopes": ["read", "OPERATE"]},
              {"name": "look.only_1-2", "sha256": "{{Digest.ToUpperInvariant()}}", "scopes": ["secrets", "raw"],},
            ]
            """);
        tokens.Select(t => (t.Name, t.Scopes)).Should().Equal(
            ("platform", Scopes.Read | Scopes.Operate), ("look.only_1-2", Scopes.Secrets | Scopes.Raw));
        tokens.Select(t => Convert.ToHexStringLower(t.Digest.Span)).Should().AllBe(Digest);
    }

    [Fact]
    public void A_file_may_have_no_tokens() => Parse("[]").Should().BeEmpty();

    [Theory]
    [InlineData("", "is not JSON, line 1")]
    [InlineData("[\n{\"Name\": TOPSECRET}]", "is not JSON, line 2")]
    [InlineData("{}", "must be a JSON array")]
    [InlineData("[[]]", "entry 1: must be an object")]
    [InlineData("""[{"Name": "a", "Sha256": "TOPSECRET", "Scopes": ["read"]}]""", "entry 1 (a): Sha256 must be the 64 hex digits")]
    [InlineData("""[{"Name": "TOPSECRET!", "Sha256": "x", "Scopes": ["read"]}]""", "entry 1: Name must be 1 to 64 letters")]
    [InlineData("""[{"Name": "a", "Scopes": ["read"]}]""", "Sha256 must be")]
    [InlineData("""[{"Name": "", "Sha256": "x"}]""", "Name must be")]
    [InlineData("""[{"Name": 1}]""", "Name must be text")]
    [InlineData("""[{"Name": "a", "Token": "TOPSECRET"}]""", "may hold Name, Sha256 and a list of Scopes")]
    [InlineData("""[{"Name": "a", "Scopes": "read"}]""", "may hold Name, Sha256 and a list of Scopes")]
    public void A_wrong_file_is_refused_in_words_that_do_not_repeat_it(string json, string why) =>
        FluentActions.Invoking(() => Parse(json)).Should().Throw<SettingsException>()
            .Which.Message.Should().StartWith("tokens.json: ").And.Contain(why).And.NotContain("TOPSECRET");

    [Theory]
    [InlineData("[]")]
    [InlineData("""["read", "everything"]""")]
    [InlineData("""["3"]""")]
    [InlineData("""[""]""")]
    public void Scopes_must_be_named_and_known(string scopes) =>
        FluentActions.Invoking(() => Parse($$"""[{"Name": "a", "Sha256": "{{Digest}}", "Scopes": {{scopes}}}]"""))
            .Should().Throw<SettingsException>().WithMessage("*Scopes must name at least one of read, operate, secrets, raw*");

    [Fact]
    public void A_token_is_found_by_all_of_its_characters()
    {
        var tokens = Enumerable.Range(0, 100).Select(i => new NamedToken($"n{i}", Scopes.Read, NamedToken.DigestOf($"token-{i}")));
        var table = new TokenTable(tokens);
        for (var i = 0; i < 100; i++)
        {
            table.Find($"token-{i}")!.Name.Should().Be($"n{i}");
        }

        foreach (var wrong in new[] { null, "", "token-", "token-100", "TOKEN-1", "token-1 ", new string('x', 100_000) })
        {
            table.Find(wrong).Should().BeNull();
        }
    }

    [Fact]
    public void Neither_a_token_nor_its_digest_is_shown_by_what_holds_it()
    {
        var token = new NamedToken("ci", Scopes.All, NamedToken.DigestOf("TOPSECRET"));
        $"{token}".Should().Be("ci");
    }

    [Fact]
    public void An_entry_of_the_settings_is_read_like_one_of_a_file()
    {
        var entry = TestTokens.Entry("a", "x", "read");
        foreach (var token in new[] { TokenEntries.Parse([entry], "settings").Single(), Parse(TestTokens.File(entry)).Single() })
        {
            (token.Name, token.Scopes).Should().Be(("a", Scopes.Read));
            token.Digest.ToArray().Should().Equal(NamedToken.DigestOf("x"));
        }
    }

    private static List<NamedToken> Parse(string json) => TokenEntries.ParseFile(Encoding.UTF8.GetBytes(json), "tokens.json");
}
