
namespace MetaService.ApiTests.Endpoints;

/// <summary>The way from a registered node to its instance, which changes with the nodes.</summary>
public sealed class NodeIndexTests(MemoryServer fixture) : SoundStoreTests(fixture), IClassFixture<MemoryServer>
{
    private readonly ApiClient _api = fixture.Server.Api;
    private readonly string _first = Sample.NewId("a");
    private readonly string _second = Sample.NewId("b");
    private readonly string _node = Sample.NewId("node");

    [Fact]
    public async Task A_registered_node_leads_to_its_instance_until_it_is_dropped()
    {
        await CreateBothAsync();
        (await _api.PutAsync("add_cluster", Sample.Compute(_first, "c", Sample.Node(_node), Sample.Node($"1:{_first}:n"))))
            .ShouldBeOk();
        (await LeadsToAsync()).Should().Be(_first);
        (await _api.PutAsync("drop_node", Sample.Compute(_first, "c", Sample.Node(_node)))).ShouldBeOk();
        (await LeadsToAsync()).Should().BeNull();
    }

    [Fact]
    public async Task A_dropped_node_is_free_for_another_instance()
    {
        await CreateBothAsync();
        (await _api.PutAsync("add_cluster", Sample.Compute(_first, "c", Sample.Node(_node)))).ShouldBeOk();
        (await _api.PutAsync("add_cluster", Sample.Compute(_second, "c", Sample.Node(_node, "172.21.0.9"))))
            .ShouldFail(409, "ALREADY_EXISTED", "already occupied by an instance");
        (await LeadsToAsync()).Should().Be(_first);

        (await _api.PutAsync("drop_cluster", Sample.Compute(_first, "c"))).ShouldBeOk();
        (await LeadsToAsync()).Should().BeNull();
        (await _api.PutAsync("add_cluster", Sample.Compute(_second, "c", Sample.Node(_node, "172.21.0.9")))).ShouldBeOk();
        (await LeadsToAsync()).Should().Be(_second);
        (await _api.PutAsync("add_cluster", Sample.Compute(_first, "d", Sample.Node($"1:{_first}:n")))).ShouldBeOk();
        (await _api.PutAsync("add_node", Sample.Compute(_first, "d", Sample.Node(_node))))
            .ShouldFail(500, "INTERNAL_ERROR", "already occupied by an instance");
        (await LeadsToAsync()).Should().Be(_second);
    }

    [Fact]
    public async Task An_id_that_several_nodes_of_an_instance_share_is_kept_until_the_last_one_goes()
    {
        await CreateBothAsync();
        string[] two = [Sample.Node(_node, port: 1), Sample.Node(_node, port: 2)];
        (await _api.PutAsync("add_cluster", Sample.Compute(_first, "c", two))).ShouldBeOk();
        (await _api.PutAsync("add_cluster", Sample.Compute(_first, "d", Sample.Node(_node, port: 3)))).ShouldBeOk();

        (await _api.PutAsync("drop_node", Sample.Compute(_first, "c", Sample.Node(_node, port: 1)))).ShouldBeOk();
        (await LeadsToAsync()).Should().Be(_first);
        (await _api.PutAsync("drop_cluster", Sample.Compute(_first, "d"))).ShouldBeOk();
        (await LeadsToAsync()).Should().Be(_first);
        (await _api.PutAsync("add_cluster", Sample.Compute(_second, "c", Sample.Node(_node)))).ShouldFail(409, "ALREADY_EXISTED");
        (await _api.PutAsync("drop_node", Sample.Compute(_first, "c", Sample.Node(_node, port: 2)))).ShouldBeOk();
        (await LeadsToAsync()).Should().BeNull();
        (await _api.PutAsync("add_cluster", Sample.Compute(_second, "c", Sample.Node(_node)))).ShouldBeOk();
        (await LeadsToAsync()).Should().Be(_second);
    }

    [Fact]
    public async Task A_request_may_name_its_instance_by_a_node()
    {
        await CreateBothAsync();
        (await _api.PutAsync("add_cluster", Sample.Compute(_first, "c", Sample.Node(_node)))).ShouldBeOk();
        var body = Sample.Compute("", "d", Sample.Node($"1:{_first}:n"));
        body.Remove("instance_id");
        body["cloud_unique_id"] = _node;
        (await _api.PutAsync("add_cluster", body)).ShouldBeOk();
        (await _api.PutAsync("get_cluster", $$"""{"cloud_unique_id": "{{_node}}", "cluster_id": "d"}""")).ShouldBeOk();

        // instance_id wins where both are given.
        body = Sample.Compute(_second, "e");
        body["cloud_unique_id"] = _node;
        (await _api.PutAsync("add_cluster", body)).ShouldBeOk();
        (await _api.PutAsync("get_cluster", $$"""{"cloud_unique_id": "1:{{_second}}:x", "cluster_id": "e"}""")).ShouldBeOk();
    }

    [Theory]
    [InlineData("")]
    [InlineData("nobody")]
    [InlineData("1:")]
    [InlineData("1::x")]
    [InlineData("1:unfinished")]
    [InlineData("2:some:x")]
    public async Task An_id_that_leads_nowhere_is_refused(string cloudUniqueId) =>
        (await _api.PutAsync("get_cluster", $$"""{"cloud_unique_id": "{{cloudUniqueId}}"}"""))
            .ShouldFail(400, "INVALID_ARGUMENT");

    private async Task CreateBothAsync()
    {
        (await _api.PutAsync("create_instance", Sample.VaultInstance(_first))).ShouldBeOk();
        (await _api.PutAsync("create_instance", Sample.VaultInstance(_second))).ShouldBeOk();
    }

    private async Task<string?> LeadsToAsync()
    {
        var reply = await _api.GetAsync("get_instance", ("cloud_unique_id", _node));
        if (reply.Status == 200)
        {
            return (string?)reply.ShouldBeOk().Result["instance_id"];
        }

        reply.ShouldFail(400, "INVALID_ARGUMENT", "empty instance_id");
        return null;
    }
}
