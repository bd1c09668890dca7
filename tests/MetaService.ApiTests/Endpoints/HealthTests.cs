
namespace MetaService.ApiTests.Endpoints;

/// <summary>Probes, and what happens when the store is gone.</summary>
public sealed class HealthTests
{
    [Theory]
    [InlineData("memory")]
    [InlineData("rocksdb")]
    public async Task A_server_is_live_always_and_ready_while_its_store_answers(string store)
    {
        await using var server = await InProcessServer.StartAsync(store);
        ((string?)(await GetAsync(server, "/health/live")).Json["status"]).Should().Be("live");
        var ready = await GetAsync(server, "/health/ready");
        ready.Status.Should().Be(200);
        ((string?)ready.Json["status"]).Should().Be("ready");
        ((string?)ready.Json["store"]).Should().Be(server.Store.Kind);

        await server.Store.DisposeAsync();
        (await GetAsync(server, "/health/live")).Status.Should().Be(200);
        ready = await GetAsync(server, "/health/ready");
        ready.Status.Should().Be(503);
        ((string?)ready.Json["status"]).Should().Be("not ready");
        ((string?)ready.Json["reason"]).Should().Contain("closed");
    }

    [Fact]
    public async Task Without_its_store_a_server_says_when_to_come_back()
    {
        await using var server = await InProcessServer.StartAsync();
        (await server.Api.PutAsync("create_instance", Sample.VaultInstance("one"))).ShouldBeOk();
        await server.Store.DisposeAsync();
        var read = server.Api.GetAsync("get_instance", ("instance_id", "one"));
        var write = server.Api.PutAsync("create_instance", Sample.VaultInstance("two"));
        foreach (var reply in new[] { await read, await write })
        {
            reply.ShouldFail(503, "INTERNAL_ERROR", "cannot be reached");
            reply.Headers.RetryAfter.Should().NotBeNull();
        }

        var text = await server.Api.PutAsync("abort_txn", """{"cloud_unique_id": "1:one:fe", "txn_id": 1}""");
        text.Status.Should().Be(503);
        text.Text.Should().Contain("KV_TXN_COMMIT_ERR").And.Contain("cannot be reached");
        text.Headers.RetryAfter.Should().NotBeNull();
    }

    private static Task<ApiReply> GetAsync(InProcessServer server, string path) => server.Api.SendAsync(HttpMethod.Get, path);
}
