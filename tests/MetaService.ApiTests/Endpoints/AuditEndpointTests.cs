using System.Text.Json.Nodes;

namespace MetaService.ApiTests.Endpoints;

/// <summary>Who changed what, as an operator asks for it.</summary>
public sealed class AuditEndpointTests(MemoryServer fixture) : IClassFixture<MemoryServer>
{
    private ApiClient Api => fixture.Server.Api;

    [Fact]
    public async Task An_entry_tells_who_from_where_and_what()
    {
        var id = Sample.NewId();
        (await Api.PutAsync("create_instance", Sample.VaultInstance(id))).ShouldBeOk();
        (await Api.PutAsync("rename_instance", $$"""{"instance_id": "{{id}}", "name": "another"}""")).ShouldBeOk();

        var entries = await ListAsync(id);

        entries.Select(e => (string?)e!["action"]).Should().Equal("rename_instance", "create_instance");
        var rename = entries[0]!.AsObject();
        ((string?)rename["who"], (string?)rename["from"]).Should().Be(("default", "127.0.0.1"));
        ((string?)rename["request_id"]).Should().NotBeNullOrEmpty();
        long.Parse((string)rename["time_ms"]!, null).Should().BeGreaterThan(1_700_000_000_000);
        var record = rename["records"]!.AsArray().Should().ContainSingle().Which!;
        ((string?)record["before"]!["instance"]!["name"], (string?)record["after"]!["instance"]!["name"])
            .Should().Be(($"name of {id}", "another"));
        entries[1]!.ToJsonString().Should().NotContain("vault-ak").And.NotContain("vault-sk").And.Contain("******");
    }

    [Fact]
    public async Task Pages_follow_each_other()
    {
        var id = Sample.NewId();
        (await Api.PutAsync("create_instance", Sample.VaultInstance(id))).ShouldBeOk();
        (await Api.PutAsync("set_instance_status", $$"""{"instance_id": "{{id}}", "op": "SET_OVERDUE"}""")).ShouldBeOk();

        var first = (await Api.GetAsync("audit", ("instance_id", id), ("limit", "1"))).ShouldBeOk().Result;
        var token = (string)first["next_page_token"]!;
        var second = (await Api.GetAsync("audit", ("instance_id", id), ("page_token", token))).ShouldBeOk().Result;

        ((string?)first["entries"]![0]!["action"]).Should().Be("set_instance_status");
        ((string?)second["entries"]!.AsArray().Single()!["action"]).Should().Be("create_instance");
        second.ContainsKey("next_page_token").Should().BeFalse();
    }

    [Fact]
    public async Task Malformed_parameters_are_refused()
    {
        (await Api.GetAsync("audit", ("limit", "0"))).ShouldFail(400, "INVALID_ARGUMENT", "limit");
        (await Api.GetAsync("audit", ("page_token", "x"))).ShouldFail(400, "INVALID_ARGUMENT", "page_token");
        (await Api.GetAsync("audit", ("instance_id", new string('i', 300)))).ShouldFail(400, "INVALID_ARGUMENT", "instance_id");
    }

    [Fact]
    public async Task Changes_by_rpc_are_told_from_those_of_endpoints_and_loads_by_nodes_leave_none()
    {
        var id = Sample.NewId();
        (await Api.PutAsync("create_instance", Sample.VaultInstance(id))).ShouldBeOk();
        await RpcAsync("alter_instance", $$"""{"instance_id": "{{id}}", "op": "RENAME", "name": "by a node"}""");
        var aborted = await BeginAsync(id, "by-node");
        await RpcAsync("abort_txn", $$"""{"cloud_unique_id": "1:{{id}}:n", "txn_id": {{aborted}} }""");
        (await ListAsync(id)).Select(e => (string?)e!["action"]).Should().Equal("rpc/alter_instance", "create_instance");

        var txn = await BeginAsync(id, "by-operator");
        var reply = await Api.PutAsync(
            "abort_txn", $$"""{"cloud_unique_id": "1:{{id}}:n", "txn_id": {{txn}}, "reason": "stuck"}""");
        reply.Status.Should().Be(200, reply.Text);

        var entry = (await ListAsync(id))[0]!;
        ((string?)entry["action"]).Should().Be("abort_txn");
        var record = entry["records"]![0]!;
        ((string?)record["before"]!["txn"]!["status"], (string?)record["after"]!["txn"]!["status"])
            .Should().Be(("TXN_STATUS_PREPARED", "TXN_STATUS_ABORTED"));
        ((string?)record["after"]!["txn"]!["reason"]).Should().Be("stuck");
    }

    [Fact]
    public async Task What_belongs_to_no_instance_is_listed_without_an_id()
    {
        (await Api.PutAsync("alter_iam", """{"account_id": "acc", "ak": "iam-ak", "sk": "iam-sk"}""")).ShouldBeOk();

        var text = (await Api.GetAsync("audit")).ShouldBeOk().Text;

        text.Should().Contain("alter_iam").And.Contain("acc").And.NotContain("iam-sk");
    }

    private async Task<JsonArray> ListAsync(string instanceId) =>
        (await Api.GetAsync("audit", ("instance_id", instanceId))).ShouldBeOk().Result["entries"]!.AsArray();

    private async Task<string> BeginAsync(string instanceId, string label)
    {
        var response = await RpcAsync(
            "begin_txn",
            $$"""{"cloud_unique_id": "1:{{instanceId}}:n", "txn_info": {"db_id": 1, "label": "{{label}}", "timeout_ms": 60000, "table_ids": [1]} }""");
        return response["txn_id"]!.ToString();
    }

    private async Task<JsonObject> RpcAsync(string name, string body)
    {
        var path = Api.PathOf("x").Replace("/MetaService/http/x", $"/MetaService/{name}", StringComparison.Ordinal);
        var reply = (await Api.SendAsync(HttpMethod.Post, path, new StringContent(body))).Json;
        ((string?)reply["status"]!["code"]).Should().Be("OK", reply.ToJsonString());
        return reply;
    }
}
