using MetaService.Server.Settings;

namespace MetaService.ApiTests.Endpoints;

/// <summary>Who is let in.</summary>
public sealed class TokenTests : IAsyncLifetime
{
    private const string First = "first-token";
    private const string Second = "second-token+/=";
    private const string Third = "third-token";

    private InProcessServer _server = null!;

    public async Task InitializeAsync() => _server = await InProcessServer.StartAsync(configure: options =>
    {
        options.Tokens.Add(First);
        options.Tokens.Add(Second);
        options.Token = Third;
    });

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData(First)]
    [InlineData(Second)]
    [InlineData(Third)]
    public async Task Each_active_token_is_accepted_as_parameter_and_as_bearer(string token)
    {
        (await new ApiClient(_server.Http, token).GetAsync("list_instances")).ShouldBeOk();
        (await BearerAsync($"Bearer {token}")).ShouldBeOk();
        (await BearerAsync($"bearer {token}")).ShouldBeOk();
    }

    [Theory]
    [InlineData(ServerOptions.DocumentToken)]
    [InlineData("first-toke")]
    [InlineData("first-token ")]
    [InlineData("first-tokenn")]
    [InlineData("First-token")]
    [InlineData("nobody-knows-this")]
    public async Task Any_other_token_is_refused_and_not_echoed(string token)
    {
        foreach (var reply in new[]
        {
            await new ApiClient(_server.Http, token).GetAsync("list_instances"),
            await BearerAsync($"Bearer x{token}"),
            await BearerAsync($"Basic {token}"),
        })
        {
            reply.ShouldFail(403, "PERMISSION_DENIED", "token");
            reply.Text.Should().NotContain(token);
            reply.ContentHeaders.ContentType!.ToString().Should().Be("application/json");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("?token=")]
    [InlineData("?token")]
    [InlineData("?Bearer=first-token")]
    [InlineData("?token=&token=first-token")]
    [InlineData("?token=first-token&token=first-token")]
    public async Task Without_a_single_token_nobody_is_let_in(string query) =>
        (await _server.Api.SendAsync(HttpMethod.Get, "/MetaService/http/list_instances" + query))
            .ShouldFail(403, "PERMISSION_DENIED");

    [Fact]
    public async Task A_wrong_parameter_is_not_made_good_by_a_right_header()
    {
        var reply = await _server.Api.SendAsync(
            HttpMethod.Get, "/MetaService/http/list_instances?token=wrong", null, ("Authorization", $"Bearer {First}"));
        reply.ShouldFail(403, "PERMISSION_DENIED");
    }

    [Fact]
    public async Task Unknown_names_are_refused_like_known_ones() =>
        (await new ApiClient(_server.Http, "wrong").GetAsync("nothing")).ShouldFail(403, "PERMISSION_DENIED");

    [Fact]
    public async Task A_refusal_does_not_wait_for_the_body()
    {
        const string Request = "PUT /MetaService/http/create_instance?token=wrong HTTP/1.1\r\nHost: x\r\n";
        foreach (var head in new[]
        {
            Request + "Content-Length: 1000000\r\n\r\n{",
            Request + "Content-Length: 900000000000\r\n\r\n{",
            Request + "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n",
            Request + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n",
        })
        {
            var reply = await RawHttp.SendAsync(_server.Address, head);
            reply.Status.Should().Be(403, head);
            reply.Body.Should().Contain("PERMISSION_DENIED");
        }
    }

    [Fact]
    public async Task The_body_of_an_accepted_request_is_waited_for()
    {
        var head = $"PUT /MetaService/http/create_instance?token={First} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{";
        var waiting = RawHttp.SendAsync(_server.Address, head);
        var first = await Task.WhenAny(waiting, Task.Delay(TimeSpan.FromMilliseconds(300)));
        first.Should().NotBe(waiting);
    }

    private Task<ApiReply> BearerAsync(string authorization) =>
        _server.Api.SendAsync(HttpMethod.Get, "/MetaService/http/list_instances", null, ("Authorization", authorization));
}
