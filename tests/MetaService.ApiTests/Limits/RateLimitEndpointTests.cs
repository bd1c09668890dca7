using Grpc.Net.Client;
using MetaService.Records.Cloud;
using Client = MetaService.Records.Cloud.MetaService.MetaServiceClient;

namespace MetaService.ApiTests.Limits;

/// <summary>adjust_rate_limit and list_rate_limit, and what follows from them.</summary>
public sealed class RateLimitEndpointTests
{
    [Fact]
    public async Task Limits_are_set_and_listed()
    {
        await using var server = await InProcessServer.StartAsync(configure: options =>
        {
            options.Limits.QpsByName["get_cluster"] = 5_000_000;
            options.Limits.QpsByInstance["big"] = 70;
        });
        (await AdjustAsync(server, ("qps_limit", "500"))).ShouldBeOk().Text.Should().NotContain("result");
        (await AdjustAsync(server, ("qps_limit", "9"), ("rpc_name", "begin_txn"))).ShouldBeOk();
        (await AdjustAsync(server, ("qps_limit", "8"), ("instance_id", "i"))).ShouldBeOk();
        (await AdjustAsync(server, ("qps_limit", "7"), ("rpc_name", "add_cluster"), ("instance_id", "i"))).ShouldBeOk();
        (await AdjustAsync(server, ("qps_limit", "6"), ("rpc_name", "add_cluster"), ("instance_id", "i"))).ShouldBeOk();

        var listed = (await server.Api.GetAsync("list_rate_limit")).ShouldBeOk().Result;
        listed.ToJsonString().Should().Be(Sample.Json("""
            {"qps_limit": "500", "limits": [
              {"rpc_name": "begin_txn", "qps_limit": "9"}, {"rpc_name": "get_cluster", "qps_limit": "5000000"},
              {"instance_id": "big", "qps_limit": "70"}, {"instance_id": "i", "qps_limit": "8"},
              {"rpc_name": "add_cluster", "instance_id": "i", "qps_limit": "6"}]}
            """).ToJsonString());
    }

    [Fact]
    public async Task Limits_begin_as_high_as_upstream_has_them()
    {
        await using var server = await InProcessServer.StartAsync();
        var listed = (await server.Api.GetAsync("v1/list_rate_limit")).ShouldBeOk().Result;
        listed.ToJsonString().Should().Be("""{"qps_limit":"1000000"}""");
    }

    [Theory]
    [InlineData("qps_limit", "")]
    [InlineData("qps_limit", "qps_limit=")]
    [InlineData("qps_limit", "qps_limit=-1")]
    [InlineData("qps_limit", "qps_limit=1.5")]
    [InlineData("qps_limit", "qps_limit=many")]
    [InlineData("qps_limit", "qps_limit=1000000001")]
    [InlineData("rpc_name", "qps_limit=1&rpc_name=nothing")]
    [InlineData("instance_id", "qps_limit=1&instance_id=a:b")]
    [InlineData("qps_limit", "qps_limit=1&qps_limit=2")]
    public async Task A_limit_that_makes_no_sense_is_refused(string field, string query)
    {
        await using var server = await InProcessServer.StartAsync();
        (await server.Api.SendAsync(HttpMethod.Put, server.Api.PathOf("adjust_rate_limit") + "&" + query))
            .ShouldFail(400, "INVALID_ARGUMENT", field);
    }

    [Fact]
    public async Task Over_its_limit_an_instance_is_refused_and_others_are_not()
    {
        await using var server = await InProcessServer.StartAsync();
        await PrepareAsync(server, "one", "two");
        (await AdjustAsync(server, ("qps_limit", "0"), ("instance_id", "one"))).ShouldBeOk();

        var refused = await server.Api.GetAsync("get_instance", ("instance_id", "one"));
        refused.ShouldFail(429, "MAX_QPS_LIMIT", "reach max qps limit");
        refused.Headers.RetryAfter!.Delta.Should().Be(TimeSpan.FromSeconds(1));
        (await server.Api.PutAsync("add_cluster", Sample.Compute("one", "c", Sample.Node("1:one:n")))).ShouldFail(429, "MAX_QPS_LIMIT");
        (await server.Api.PutAsync("get_obj_store_info", """{"cloud_unique_id": "1:one:n"}""")).ShouldFail(429, "MAX_QPS_LIMIT");
        (await server.Api.GetAsync("get_instance", ("cloud_unique_id", "1:one:n"))).ShouldFail(429, "MAX_QPS_LIMIT");
        (await server.Api.PutAsync("get_tablet_stats", """{"cloud_unique_id": "1:one:n"}""")).Status.Should().Be(429);
        (await server.Api.GetAsync("get_instance", ("instance_id", "two"))).ShouldBeOk();
        (await server.Api.GetAsync("list_instances")).ShouldBeOk();

        (await AdjustAsync(server, ("qps_limit", "1000"), ("instance_id", "one"))).ShouldBeOk();
        (await server.Api.GetAsync("get_instance", ("instance_id", "one"))).ShouldBeOk();
    }

    [Fact]
    public async Task Over_its_limit_an_endpoint_is_refused_and_others_are_not()
    {
        await using var server = await InProcessServer.StartAsync(configure: options => options.Limits.QpsByName["get_instance"] = 1);
        await PrepareAsync(server, "one", "two");
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.Api.GetAsync("get_instance", ("instance_id", "one"))));
        replies.Count(r => r.Status == 429).Should().BeGreaterThan(10);
        replies.Count(r => r.Status == 200).Should().BeGreaterThan(0);
        (await server.Api.GetAsync("get_instance", ("instance_id", "two"))).ShouldBeOk();
        (await server.Api.PutAsync("get_obj_store_info", """{"cloud_unique_id": "1:one:n"}""")).ShouldBeOk();
    }

    [Fact]
    public async Task A_node_counts_for_its_instance_whatever_its_id_looks_like()
    {
        await using var server = await InProcessServer.StartAsync();
        await PrepareAsync(server, "one");
        (await server.Api.PutAsync("add_cluster", Sample.Compute("one", "c", Sample.Node("a-plain-node")))).ShouldBeOk();
        const string Request = """{"cloud_unique_id": "a-plain-node"}""";
        (await server.Api.PutAsync("get_obj_store_info", Request)).ShouldBeOk();

        (await AdjustAsync(server, ("qps_limit", "0"), ("instance_id", "one"))).ShouldBeOk();
        (await server.Api.PutAsync("get_obj_store_info", Request)).ShouldFail(429, "MAX_QPS_LIMIT");
        (await server.Api.PutAsync("get_obj_store_info", """{"cloud_unique_id": "unknown-node"}""")).ShouldFail(400, "INVALID_ARGUMENT");
        (await server.Api.PutAsync("get_obj_store_info", $$"""{"cloud_unique_id": "{{new string('x', 20_000)}}"}"""))
            .ShouldFail(400, "INVALID_ARGUMENT");
    }

    [Fact]
    public async Task Over_the_limit_an_rpc_says_so_in_its_status()
    {
        await using var server = await InProcessServer.StartAsync();
        await PrepareAsync(server, "one");
        (await AdjustAsync(server, ("qps_limit", "0"), ("rpc_name", "get_instance"), ("instance_id", "one"))).ShouldBeOk();
        using var channel = GrpcChannel.ForAddress(server.Address);
        var response = await new Client(channel).get_instanceAsync(new GetInstanceRequest { InstanceId = "one" });
        response.Status.Code.Should().Be(MetaServiceCode.MaxQpsLimit);
        response.Instance.Should().BeNull();

        var json = await server.Api.SendAsync(
            HttpMethod.Post, "/MetaService/get_instance?token=greedisgood9999", new StringContent("""{"instance_id": "one"}"""));
        json.Status.Should().Be(200);
        ((string?)json.Json["status"]!["code"]).Should().Be("MAX_QPS_LIMIT");
    }

    private static Task<ApiReply> AdjustAsync(InProcessServer server, params (string, string)[] query) =>
        server.Api.GetAsync("adjust_rate_limit", query);

    private static async Task PrepareAsync(InProcessServer server, params string[] instances)
    {
        foreach (var instance in instances)
        {
            (await server.Api.PutAsync("create_instance", Sample.VaultInstance(instance))).ShouldBeOk();
        }
    }
}
