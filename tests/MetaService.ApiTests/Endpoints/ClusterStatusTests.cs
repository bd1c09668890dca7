using System.Text.Json.Nodes;
using MetaService.Server.Http;

namespace MetaService.ApiTests.Endpoints;

/// <summary>cloud_cluster_status, answered here or by the FE of the instance.</summary>
public sealed class ClusterStatusTests
{
    private const string RootWithoutPassword = "Basic cm9vdDo=";

    [Fact]
    public async Task It_wants_a_user_and_a_password()
    {
        await using var server = await InProcessServer.StartAsync(configure: options =>
        {
            options.Status.User = "admin";
            options.Status.Password = "pass:word";
        });
        (await server.Api.PutAsync("create_instance", Sample.VaultInstance("one"))).ShouldBeOk();
        string?[] refused = [null, RootWithoutPassword, "Basic", "Basic !", "Basic YWRtaW4=", Basic("admin:pass"), "Bearer x"];
        foreach (var authorization in refused)
        {
            var reply = await AskAsync(server, "", authorization);
            reply.Status.Should().Be(401, authorization);
            reply.Headers.WwwAuthenticate.ToString().Should().StartWith("Basic ");
            ((int?)reply.Json["code"]).Should().Be(401);
            reply.Text.Should().NotContain("pass:word");
        }

        (await AskAsync(server, "", Basic("admin:pass:word"))).Status.Should().Be(200);
    }

    [Fact]
    public async Task It_is_answered_from_the_registered_nodes()
    {
        await using var server = await InProcessServer.StartAsync();
        (await AskAsync(server)).Status.Should().Be(404);
        (await server.Api.PutAsync("create_instance", Sample.VaultInstance("one"))).ShouldBeOk();
        (await server.Api.PutAsync("add_cluster", Sample.Compute("one", "c1", Sample.Node("n1", "10.0.0.1", 9051)))).ShouldBeOk();
        (await server.Api.PutAsync("add_cluster", Sample.Compute("one", "c2"))).ShouldBeOk();
        (await server.Api.PutAsync("add_cluster", Sample.Sql("one", "s", Sample.Frontend("f1", "FE_MASTER")))).ShouldBeOk();

        var reply = await AskAsync(server);
        reply.Status.Should().Be(200);
        reply.ContentHeaders.ContentType!.ToString().Should().Be("application/json");
        var expected = Sample.Json("""
            {"msg": "success", "code": 0, "count": 0, "data": {"c2": [], "c1": [{
             "host": "10.0.0.1", "heartbeatPort": 9051, "bePort": -1, "httpPort": -1, "brpcPort": -1,
             "currentFragmentNum": 0, "lastFragmentUpdateTime": 0}]}}
            """);
        JsonNode.DeepEquals(reply.Json, expected).Should().BeTrue(reply.Text);
        reply.Text.Should().StartWith("{\n    \"msg\": \"success\",\n    \"code\": 0,\n    \"data\": {\n        \"c1\": [\n");
    }

    [Fact]
    public async Task Of_several_instances_one_must_be_named()
    {
        await using var server = await InProcessServer.StartAsync();
        foreach (var id in new[] { "one", "two", "gone" })
        {
            (await server.Api.PutAsync("create_instance", Sample.VaultInstance(id))).ShouldBeOk();
        }

        (await server.Api.PutAsync("add_cluster", Sample.Compute("two", "c2"))).ShouldBeOk();
        (await server.Api.PutAsync("drop_instance", """{"instance_id": "gone"}""")).ShouldBeOk();

        var unnamed = await AskAsync(server);
        unnamed.Status.Should().Be(400);
        ((string?)unnamed.Json["msg"]).Should().Contain("instance_id");
        (await AskAsync(server, "?instance_id=two")).Json["data"]!.AsObject().Select(c => c.Key).Should().Equal("c2");
        (await AskAsync(server, "?instance_id=one")).Json["data"]!.AsObject().Should().BeEmpty();
        (await AskAsync(server, "?instance_id=nobody")).Status.Should().Be(404);

        // A dropped instance does not count.
        (await server.Api.PutAsync("drop_instance", """{"instance_id": "one"}""")).ShouldBeOk();
        (await AskAsync(server)).Json["data"]!.AsObject().Select(c => c.Key).Should().Equal("c2");
    }

    [Fact]
    public async Task It_is_passed_on_to_the_FE_of_the_instance()
    {
        const string Reply = """{"msg":"success","code":0,"data":{"fe-says":[]},"count":1}""";
        await using var frontend = await StubServer.StartAsync(request =>
            request.Headers.Authorization.ToString() == Basic("root:secret")
                ? (200, Reply)
                : (401, """{"msg":"no","code":401}"""));
        await using var server = await StartAsync(frontend);
        (await server.Api.PutAsync("create_instance", Sample.VaultInstance("one"))).ShouldBeOk();
        (await server.Api.PutAsync("create_instance", Sample.VaultInstance("two"))).ShouldBeOk();

        (await AskAsync(server, "?instance_id=one", Basic("root:secret"))).Text.Should().Be(Reply);
        var line = frontend.Requests.Should().ContainSingle().Subject.Line;
        line.Should().StartWith($"GET {ClusterStatusEndpoint.Path}").And.NotContain("token");

        var refused = await AskAsync(server, "?instance_id=one", Basic("root:wrong"));
        refused.Status.Should().Be(401);
        refused.Text.Should().Be("""{"msg":"no","code":401}""");

        // The other instance has no FE configured and is answered here.
        frontend.Requests.Clear();
        (await AskAsync(server, "?instance_id=two")).Status.Should().Be(200);
        frontend.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task An_FE_that_is_away_is_said_to_be()
    {
        var frontend = await StubServer.StartAsync(_ => (200, "{}"));
        await frontend.DisposeAsync();
        await using var server = await StartAsync(frontend);
        var reply = await AskAsync(server, "?instance_id=one");
        reply.Status.Should().Be(503);
        reply.Headers.RetryAfter.Should().NotBeNull();
        ((string?)reply.Json["msg"]).Should().Contain("FE");
        reply.Text.Should().NotContain(frontend.Address.Authority);
    }

    private static string Basic(string credentials) =>
        "Basic " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(credentials));

    private static Task<InProcessServer> StartAsync(StubServer frontendOfOne) =>
        InProcessServer.StartAsync(configure: options => options.Frontends["one"] = frontendOfOne.Address.ToString());

    private static Task<ApiReply> AskAsync(
        InProcessServer server, string query = "", string? authorization = RootWithoutPassword)
    {
        (string, string)[] headers = authorization is null ? [] : [("Authorization", authorization)];
        return server.Api.SendAsync(HttpMethod.Get, ClusterStatusEndpoint.Path + query, null, headers);
    }
}
