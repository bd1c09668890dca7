using System.Text.Json.Nodes;

namespace MetaService.ApiTests.Endpoints;

/// <summary>Endpoints on clusters and nodes, as far as the recorded conversations leave off.</summary>
public sealed class ClusterTests(MemoryServer fixture) : SoundStoreTests(fixture), IClassFixture<MemoryServer>
{
    private readonly ApiClient _api = fixture.Server.Api;
    private readonly string _id = Sample.NewId();

    [Fact]
    public async Task The_addresses_of_a_cluster_can_be_set()
    {
        await CreateAsync(Node("1"));
        var both = """ "cluster_id": "c", "private_endpoint": "10.0.0.1:1", "public_endpoint": "p:2" """;
        (await AlterAsync("update_cluster_endpoint", both)).ShouldBeOk();
        var cluster = await ShowAsync();
        ((string?)cluster["private_endpoint"]).Should().Be("10.0.0.1:1");
        ((string?)cluster["public_endpoint"]).Should().Be("p:2");

        (await AlterAsync("update_cluster_endpoint", """ "cluster_id": "c", "private_endpoint": "10.0.0.2:1" """)).ShouldBeOk();
        cluster = await ShowAsync();
        ((string?)cluster["private_endpoint"]).Should().Be("10.0.0.2:1");
        ((string?)cluster["public_endpoint"]).Should().Be("p:2");

        (await AlterAsync("update_cluster_endpoint", """ "cluster_id": "c", "public_endpoint": "p:3" """))
            .ShouldFail(400, "INVALID_ARGUMENT", "private_endpoint");
        (await AlterAsync("update_cluster_endpoint", """ "cluster_id": "no", "private_endpoint": "p:3" """))
            .ShouldFail(404, "NOT_FOUND");
    }

    [Fact]
    public async Task Nodes_are_decommissioned_in_two_steps()
    {
        await CreateAsync(Node("1"), Node("2"), Node("3"));
        (await _api.PutAsync("decommission_node", Nodes(Node("1"), Node("3")))).ShouldBeOk();
        (await StatusesAsync()).Should().Equal("NODE_STATUS_DECOMMISSIONING", null, "NODE_STATUS_DECOMMISSIONING");
        (await _api.PutAsync("notify_decommissioned", Nodes(Node("3")))).ShouldBeOk();
        (await StatusesAsync()).Should().Equal("NODE_STATUS_DECOMMISSIONING", null, "NODE_STATUS_DECOMMISSIONED");
    }

    [Theory]
    [InlineData("add_node", 500, "INTERNAL_ERROR")]
    [InlineData("drop_node", 500, "INTERNAL_ERROR")]
    [InlineData("decommission_node", 404, "NOT_FOUND")]
    [InlineData("notify_decommissioned", 404, "NOT_FOUND")]
    public async Task Several_nodes_change_all_or_none(string endpoint, int status, string code)
    {
        await CreateAsync(Node("1"), Node("2"), Node("3"));
        var before = (await ShowAsync()).ToJsonString();
        var (good, bad) = endpoint == "add_node" ? (Node("9"), Node("2")) : (Node("2"), Node("9"));

        (await _api.PutAsync(endpoint, Nodes(good, bad))).ShouldFail(status, code);
        (await ShowAsync()).ToJsonString().Should().Be(before);
        (await _api.PutAsync(endpoint, Nodes(bad, good))).ShouldFail(status, code);
        (await ShowAsync()).ToJsonString().Should().Be(before);
        (await _api.PutAsync(endpoint, Nodes(good, Node("8", port: 0)))).ShouldFail(400, "INVALID_ARGUMENT", "heartbeat_port");
        (await ShowAsync()).ToJsonString().Should().Be(before);
        (await _api.PutAsync(endpoint, Nodes(good, good))).ShouldFail(400, "INVALID_ARGUMENT", "twice");
        (await ShowAsync()).ToJsonString().Should().Be(before);
        (await _api.PutAsync(endpoint, Nodes())).ShouldFail(400, "INVALID_ARGUMENT", "nodes");
        (await _api.PutAsync(endpoint, Nodes(good))).ShouldBeOk();
        (await ShowAsync()).ToJsonString().Should().NotBe(before);
    }

    [Fact]
    public async Task A_refused_node_leaves_no_trace_in_the_index()
    {
        await CreateAsync(Node("1"));
        var plain = Sample.NewId("plain");
        (await _api.PutAsync("add_node", Nodes(Sample.Node(plain, "172.21.0.77"), Node("1")))).ShouldFail(500, "INTERNAL_ERROR");
        (await _api.PutAsync("get_cluster", $$"""{"cloud_unique_id": "{{plain}}"}"""))
            .ShouldFail(400, "INVALID_ARGUMENT", "empty instance_id");
    }

    [Fact]
    public async Task A_SQL_cluster_keeps_a_master()
    {
        await _api.PutAsync("create_instance", Sample.VaultInstance(_id));
        var master = Sample.Frontend($"1:{_id}:m", "FE_MASTER");
        var observer = Sample.Frontend($"1:{_id}:o", "FE_OBSERVER", "172.21.0.2");
        (await _api.PutAsync("add_cluster", Sample.Sql(_id, "c", observer)))
            .ShouldFail(500, "INTERNAL_ERROR", "now master count: 0");
        (await _api.PutAsync("add_cluster", Sample.Sql(_id, "c", master, observer))).ShouldBeOk();
        var second = Sample.Frontend($"1:{_id}:m2", "FE_MASTER", "172.21.0.3");
        (await _api.PutAsync("add_node", Sample.Sql(_id, "c", second))).ShouldFail(500, "INTERNAL_ERROR", "now master count: 2");
        (await _api.PutAsync("drop_node", Sample.Sql(_id, "c", master))).ShouldFail(400, "INVALID_ARGUMENT", "at least one");
        (await _api.PutAsync("drop_node", Sample.Sql(_id, "c", observer))).ShouldBeOk();
    }

    [Fact]
    public async Task An_instance_record_has_a_limit_and_says_so()
    {
        await CreateAsync(Node("first"));
        var added = 1;
        ApiReply reply;
        do
        {
            var batch = Enumerable.Range(added, 20).Select(i => Node(new string('x', 950) + i)).ToArray();
            reply = await _api.PutAsync("add_node", Nodes(batch));
            added += 20;
        }
        while (reply.Status == 200 && added < 1000);

        reply.ShouldFail(400, "INVALID_ARGUMENT", "more than the 100000");
        reply.Msg.Should().MatchRegex("would take 1[0-9]{5} bytes").And.NotContain("xxxx");
        var kept = (await ShowAsync())["nodes"]!.AsArray();
        kept.Count.Should().Be(added - 20, "the refused batch is not there and the others are");
        (await _api.PutAsync("drop_node", Nodes(Node("first")))).ShouldBeOk();
    }

    private string Node(string name, int port = 9050) => Sample.Node($"1:{_id}:{name}", "172.21.0.5", port);

    private JsonObject Nodes(params string[] nodes) => Sample.Compute(_id, "c", nodes);

    private async Task CreateAsync(params string[] nodes)
    {
        (await _api.PutAsync("create_instance", Sample.VaultInstance(_id))).ShouldBeOk();
        (await _api.PutAsync("add_cluster", Nodes(nodes))).ShouldBeOk();
    }

    private Task<ApiReply> AlterAsync(string endpoint, string fields) => _api.PutAsync(endpoint, Sample.Cluster(_id, fields));

    private async Task<JsonObject> ShowAsync() =>
        (await _api.PutAsync("get_cluster", $$"""{"cloud_unique_id": "1:{{_id}}:any", "cluster_id": "c"}""")).ShouldBeOk().Result;

    private async Task<IEnumerable<string?>> StatusesAsync() =>
        (await ShowAsync())["nodes"]!.AsArray().Select(n => (string?)n!["status"]);
}
