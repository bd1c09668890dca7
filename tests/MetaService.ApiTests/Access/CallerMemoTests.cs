using MetaService.Server.Access;

namespace MetaService.ApiTests.Access;

/// <summary>What a connection remembers of its last caller must not let anybody else in.</summary>
public sealed class CallerMemoTests
{
    private static readonly TokenTable Table = new([new NamedToken("a", Scopes.All, NamedToken.DigestOf("secret"))]);
    private static readonly Caller Known = new("a", Scopes.All, null, null);

    private readonly string _query = new("?token=secret");
    private readonly CallerMemo _memo = new();

    public CallerMemoTests() => _memo.Note(Table, _query, null, null, Known);

    [Fact]
    public void The_same_token_sent_in_the_same_way_is_known() => _memo.Find(Table, _query, null, null).Should().BeSameAs(Known);

    [Fact]
    public void An_equal_text_is_not_enough() => _memo.Find(Table, new string(_query.AsSpan()), null, null).Should().BeNull();

    [Fact]
    public void Another_header_makes_another_request() => _memo.Find(Table, _query, "Bearer x", null).Should().BeNull();

    [Fact]
    public void When_the_accepted_tokens_have_changed_nobody_is_known() =>
        _memo.Find(new TokenTable([]), _query, null, null).Should().BeNull();

    [Fact]
    public void Nobody_is_known_on_a_new_connection() => new CallerMemo().Find(Table, null, null, null).Should().BeNull();
}
