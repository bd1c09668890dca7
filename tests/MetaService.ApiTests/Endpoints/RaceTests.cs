
namespace MetaService.ApiTests.Endpoints;

/// <summary>Of requests that race, those win that could have come first.</summary>
public sealed class RaceTests(RocksDbServer fixture) : SoundStoreTests(fixture), IClassFixture<RocksDbServer>
{
    private const int Racers = 16;

    private readonly ApiClient _api = fixture.Server.Api;

    [Fact]
    public async Task One_of_many_creates_an_instance()
    {
        var id = Sample.NewId();
        var replies = await RaceAsync(_ => _api.PutAsync("create_instance", Sample.VaultInstance(id)));
        replies.Count(r => r.Status == 200).Should().Be(1);
        replies.Count(r => r.Status == 409).Should().Be(Racers - 1);
    }

    [Fact]
    public async Task One_of_many_instances_gets_a_node()
    {
        var ids = Enumerable.Range(0, Racers).Select(i => $"{Sample.NewId()}-{i}").ToList();
        foreach (var id in ids)
        {
            (await _api.PutAsync("create_instance", Sample.VaultInstance(id))).ShouldBeOk();
        }

        var node = Sample.NewId("node");
        var replies = await RaceAsync(i => _api.PutAsync("add_cluster", Sample.Compute(ids[i], "c", Sample.Node(node))));
        replies.Count(r => r.Status == 200).Should().Be(1);
        replies.Count(r => r.Status == 409).Should().Be(Racers - 1);
        var owner = (string?)(await _api.GetAsync("get_instance", ("cloud_unique_id", node))).ShouldBeOk().Result["instance_id"];
        owner.Should().Be(ids[replies.FindIndex(r => r.Status == 200)]);
    }

    [Fact]
    public async Task No_node_is_lost_when_many_are_added_at_once()
    {
        var id = Sample.NewId();
        (await _api.PutAsync("create_instance", Sample.VaultInstance(id))).ShouldBeOk();
        (await _api.PutAsync("add_cluster", Sample.Compute(id, "c"))).ShouldBeOk();
        var replies = await RaceAsync(i => _api.PutAsync("add_node", Sample.Compute(id, "c", Sample.Node($"1:{id}:{i}"))));
        replies.Should().AllSatisfy(r => r.ShouldBeOk());
        var cluster = await _api.PutAsync("get_cluster", $$"""{"cloud_unique_id": "1:{{id}}:x", "cluster_id": "c"}""");
        cluster.ShouldBeOk().Result["nodes"]!.AsArray().Select(n => (string?)n!["cloud_unique_id"]).Should()
            .BeEquivalentTo(Enumerable.Range(0, Racers).Select(i => $"1:{id}:{i}"));
    }

    [Fact]
    public async Task A_drop_and_a_new_cluster_exclude_each_other()
    {
        for (var round = 0; round < 10; round++)
        {
            var id = Sample.NewId();
            (await _api.PutAsync("create_instance", Sample.VaultInstance(id))).ShouldBeOk();
            var drop = _api.PutAsync("drop_instance", $$"""{"instance_id": "{{id}}"}""");
            var add = _api.PutAsync("add_cluster", Sample.Compute(id, "c"));
            var outcome = $"{(await drop).Status} {(await add).Status}";
            outcome.Should().BeOneOf(["200 404", "400 200"], "the one that came second must fail");
        }
    }

    private static async Task<List<ApiReply>> RaceAsync(Func<int, Task<ApiReply>> send) =>
        [.. await Task.WhenAll(Enumerable.Range(0, Racers).Select(send))];
}
