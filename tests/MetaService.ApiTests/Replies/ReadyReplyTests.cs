using System.Text;
using MetaService.ApiTests.Access;
using MetaService.Server.Replies;
using MetaService.Storage;

namespace MetaService.ApiTests.Replies;

/// <summary>Replies that are kept: who gets them, how many are kept, and where none are.</summary>
public sealed class ReadyReplyTests
{
    [Fact]
    public async Task A_read_is_answered_with_the_same_bytes_again()
    {
        await using var server = await InProcessServer.StartOnAsync(NewStore());
        await CreateAsync(server, "same");
        var first = await server.Api.GetAsync("get_instance", ("instance_id", "same"));
        server.Service<ReadyReplies>().Count.Should().Be(0, "nobody has asked twice yet");
        (await server.Api.GetAsync("get_instance", ("instance_id", "same"))).Text.Should().Be(first.Text);
        server.Service<ReadyReplies>().Count.Should().Be(1);
        foreach (var name in new[] { "get_instance", "v1/get_instance", "GET_INSTANCE" })
        {
            var again = await server.Api.GetAsync(name, ("instance_id", "same"));
            again.Text.Should().Be(first.Text);
            again.ContentHeaders.Select(h => (h.Key, string.Join(',', h.Value)))
                .Should().Equal(first.ContentHeaders.Select(h => (h.Key, string.Join(',', h.Value))));
        }

        var posted = await server.Api.SendAsync(HttpMethod.Post, server.Api.PathOf("get_instance", ("instance_id", "same")));
        posted.Text.Should().Be(first.Text);
        server.Service<ReadyReplies>().Count.Should().Be(1);
        var deleted = await server.Api.SendAsync(HttpMethod.Delete, server.Api.PathOf("get_instance", ("instance_id", "same")));
        deleted.Status.Should().Be(405);
    }

    [Fact]
    public async Task A_token_is_asked_for_every_time()
    {
        await using var server = await InProcessServer.StartOnAsync(NewStore());
        await CreateAsync(server, "asked");
        var text = (await server.Api.GetAsync("get_instance", ("instance_id", "asked"))).ShouldBeOk().Text;
        (await server.With("wrong").GetAsync("get_instance", ("instance_id", "asked"))).Status.Should().Be(403);
        const string Path = "/MetaService/http/get_instance?instance_id=asked";
        (await server.Api.SendAsync(HttpMethod.Get, Path)).Status.Should().Be(403);
        (await server.Api.SendAsync(HttpMethod.Get, Path + "&token=greedisgood9999")).Text.Should().Be(text);
        (await WithHeaderAsync("Authorization", "Bearer greedisgood9999")).Text.Should().Be(text);
        (await WithHeaderAsync("x-token", "greedisgood9999")).Text.Should().Be(text);
        (await WithHeaderAsync("x-token", "greedisgood9998")).Status.Should().Be(403);
        server.Service<ReadyReplies>().Count.Should().Be(1, "how the token was sent makes no difference");

        Task<ApiReply> WithHeaderAsync(string name, string value) =>
            server.Api.SendAsync(HttpMethod.Get, Path, null, (name, value));
    }

    [Theory]
    [InlineData("&instance_id=twice&instance_id=twice", 400)]
    [InlineData("&instance_id=twice&INSTANCE_ID=twice", 400)]
    [InlineData("&token=greedisgood9999&instance_id=twice", 403)]
    [InlineData("&Token=greedisgood9999&instance_id=twice", 403)]
    [InlineData("&%74oken=greedisgood9999&instance_id=twice", 403)]
    public async Task A_parameter_that_is_given_twice_is_refused_whatever_is_kept(string query, int status)
    {
        await using var server = await InProcessServer.StartOnAsync(NewStore());
        await CreateAsync(server, "twice");
        (await server.Api.GetAsync("get_instance", ("instance_id", "twice"))).ShouldBeOk();
        var path = server.Api.PathOf("get_instance");
        (await server.Api.SendAsync(HttpMethod.Get, path + query)).Status.Should().Be(status);
        var odd = path.Replace("?", "??token=1&?token=1&", StringComparison.Ordinal) + "&instance_id=twice";
        (await server.Api.SendAsync(HttpMethod.Get, odd)).Status.Should().Be(400);
    }

    [Fact]
    public async Task Callers_who_may_see_secrets_and_those_who_may_not_never_get_the_replies_of_each_other()
    {
        var scoped = new ScopedServer();
        await scoped.InitializeAsync();
        await CreateAsync(scoped.With("all"), "masked");
        for (var round = 0; round < 3; round++)
        {
            foreach (var (caller, secret) in new[] { ("all", "vault-sk"), ("read", "******") })
            {
                (string Name, string Body)[] reads = [("get_obj_store_info", """{"cloud_unique_id": "1:masked:x"}""")];
                foreach (var (name, body) in reads)
                {
                    var vault = (await scoped.With(caller).PutAsync(name, body)).ShouldBeOk().Result["storage_vault"]![0]!;
                    ((string?)vault["obj_info"]!["sk"]).Should().Be(secret);
                }

                (await scoped.With(caller).GetAsync("get_instance", ("instance_id", "masked"))).ShouldBeOk();
            }
        }

        (await scoped.With("operate").GetAsync("get_instance", ("instance_id", "masked"))).Status.Should().Be(403);
        await scoped.DisposeAsync();
    }

    [Fact]
    public async Task A_kept_reply_counts_for_the_rate_limits()
    {
        await using var server = await InProcessServer.StartOnAsync(NewStore());
        await CreateAsync(server, "counted");
        const string Body = """{"cloud_unique_id": "1:counted:x"}""";
        (await server.Api.PutAsync("get_obj_store_info", Body)).ShouldBeOk();
        (await server.Api.PutAsync("get_obj_store_info", Body)).ShouldBeOk();
        (await server.Api.GetAsync("adjust_rate_limit", ("qps_limit", "0"), ("instance_id", "counted"))).ShouldBeOk();

        (await server.Api.PutAsync("get_obj_store_info", Body)).Status.Should().Be(429);
    }

    [Fact]
    public async Task A_request_that_comes_in_pieces_is_answered_like_one_that_does_not()
    {
        await using var server = await InProcessServer.StartOnAsync(NewStore());
        await CreateAsync(server, "pieces");
        const string Body = """{"cloud_unique_id": "1:pieces:x"}""";
        var whole = (await server.Api.PutAsync("get_obj_store_info", Body)).ShouldBeOk().Text;
        var head = $"PUT {server.Api.PathOf("get_obj_store_info")} HTTP/1.1\r\nHost: x\r\nContent-Length: {Body.Length}\r\n\r\n";
        var pieces = new[] { head, Body[..9], Body[9..] }.Select(p => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(p)));
        (await RawHttp.SendAsync(server.Address, [.. pieces])).Body.Should().Be(whole);

        // What is read of a request that is kept must not be taken from the next one on the connection.
        var three = head + Body + head + Body + head.Replace("PUT", "DELETE", StringComparison.Ordinal) + Body;
        var replies = await RawHttp.SendAllAsync(server.Address, three, 3);
        replies.Select(r => r.Status).Should().Equal(200, 200, 405);
        replies.Take(2).Should().OnlyContain(r => r.Body == whole);
    }

    [Fact]
    public async Task A_refusal_is_not_kept()
    {
        await using var server = await InProcessServer.StartOnAsync(NewStore());
        (await server.Api.GetAsync("get_instance", ("instance_id", "later"))).Status.Should().NotBe(200);
        server.Service<ReadyReplies>().Count.Should().Be(0);
        await CreateAsync(server, "later");
        (await server.Api.GetAsync("get_instance", ("instance_id", "later"))).ShouldBeOk();
    }

    [Fact]
    public async Task However_much_clients_ask_for_no_more_is_kept_than_the_settings_allow()
    {
        const int Limit = 128 * 1024;
        await using var server = await InProcessServer.StartOnAsync(NewStore(), options => options.Limits.ReplyCacheBytes = Limit);
        var replies = server.Service<ReadyReplies>();
        await CreateAsync(server, "bounded");
        for (var i = 0; i < 600; i++)
        {
            (await server.Api.GetAsync("get_instance", ("instance_id", "bounded"), ("n", $"{i}"))).ShouldBeOk();
            (await server.Api.GetAsync("get_instance", ("instance_id", "bounded"), ("n", $"{i}"))).ShouldBeOk();
            replies.Bytes.Should().BeLessThanOrEqualTo(Limit);
        }

        replies.Count.Should().BeInRange(20, 400);
        var count = replies.Count;
        for (var i = 0; i < 2; i++)
        {
            (await server.Api.GetAsync("get_instance", ("instance_id", "bounded"), ("long", new string('x', 600)))).ShouldBeOk();
        }

        replies.Count.Should().Be(count, "a request of that length is not kept");
    }

    [Fact]
    public async Task Nothing_is_kept_of_a_store_that_others_write_to()
    {
        await using var server = await InProcessServer.StartOnAsync(
            new SharedStore(new InMemoryKvStore(TimeProvider.System)) { IsWrittenByOthers = true });
        await CreateAsync(server, "others");
        for (var i = 0; i < 3; i++)
        {
            (await server.Api.GetAsync("get_instance", ("instance_id", "others"))).ShouldBeOk();
        }

        server.Service<ReadyReplies>().IsOn.Should().BeFalse();
        server.Service<ReadyReplies>().Count.Should().Be(0);
    }

    // Not the cluster that may stand in for other stores: of that one nothing is kept.
    private static InMemoryKvStore NewStore() => new(TimeProvider.System);

    private static Task CreateAsync(InProcessServer server, string id) => CreateAsync(server.Api, id);

    private static async Task CreateAsync(ApiClient api, string id) =>
        (await api.PutAsync("create_instance", Sample.VaultInstance(id))).ShouldBeOk();
}
