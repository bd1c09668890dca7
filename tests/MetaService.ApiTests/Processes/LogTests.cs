using System.Text.Json.Nodes;
using Grpc.Core;
using Grpc.Net.Client;
using MetaService.ApiTests.Hostile;
using MetaService.Records.Cloud;
using Client = MetaService.Records.Cloud.MetaService.MetaServiceClient;

namespace MetaService.ApiTests.Processes;

/// <summary>What the log tells, and what it must never tell.</summary>
public sealed class LogTests
{
    private const int Seed = 5;
    private const string Token = ApiDescription.Canary + "token";

    [Fact]
    public async Task No_secret_gets_into_the_log()
    {
        using var data = new TemporaryDirectory();
        await using var server = await ServerProcess.StartAsync(data.Path, Token);
        var endpoints = await ApiDescription.AllAsync(server.Api);
        await HostileState.PrepareAsync(server.Api, endpoints);
        var count = 0;
        foreach (var endpoint in endpoints.Where(e => e.Example is not null))
        {
            await server.Api.PutAsync(endpoint.Name, endpoint.Example!);
            await server.Api.PutAsync("v1/" + endpoint.Name + "/", endpoint.Example!.ToJsonString()[..^1]);
            count += 2;
        }

        var requests = HostileRequest.All(server.Api, endpoints, new Random(Seed)).Where((_, index) => index % 20 == 0);
        foreach (var request in requests)
        {
            var content = request.Body is null ? null : new ByteArrayContent(request.Body);
            await server.Api.SendAsync(new HttpMethod(request.Verb), request.Path, content);
            count++;
        }

        var wrong = new ApiClient(server.Http, ApiDescription.Canary + "wrong-token");
        await wrong.GetAsync("list_instances");
        await server.Api.SendAsync(
            HttpMethod.Get, "/MetaService/http/list_instances", null, ("Authorization", $"Bearer {ApiDescription.Canary}bearer"));
        await server.Api.SendAsync(HttpMethod.Get, $"/{ApiDescription.Canary}path?{ApiDescription.Canary}query");
        (await server.TerminateAsync()).Should().Be(0);

        server.Log.Count.Should().BeGreaterThan(count, "each request writes a line");
        server.Log.Where(line => line.Contains(ApiDescription.Canary, StringComparison.OrdinalIgnoreCase)).Should().BeEmpty();
        server.Log.Where(line => line.Contains("   at ", StringComparison.Ordinal)).Should().BeEmpty();
    }

    /// <summary>Right and wrong, in every place where one may be sent, and in settings and files that are broken.</summary>
    [Fact]
    public async Task No_token_and_no_digest_of_one_gets_into_the_log_or_a_reply()
    {
        const string Named = ApiDescription.Canary + "named";
        using var data = new TemporaryDirectory();
        var file = Path.Combine(data.Path, "tokens.json");
        var named = TestTokens.Entry("platform", Named, "read");
        await File.WriteAllTextAsync(file, TestTokens.File(named));
        await using var server = await ServerProcess.StartAsync(
            Path.Combine(data.Path, "data"), Token, false,
            ("ACCESS__TOKENSFILE", file), ("RELOADINTERVAL", "00:00:00.050"), ("LOGLEVEL", "Debug"));
        var replies = new List<string>();
        foreach (var given in new[] { Token, Named, Named + "wrong", named.Sha256 })
        {
            foreach (var path in new[] { "/MetaService/http/v1/list_instances", "/MetaService/get_instance", "/nothing", "/health/live" })
            {
                replies.Add((await server.Api.SendAsync(HttpMethod.Post, $"{path}?token={given}", new StringContent("{}"))).Text);
                replies.Add((await server.Api.SendAsync(HttpMethod.Post, path, null, ("Authorization", $"Bearer {given}"))).Text);
                replies.Add((await server.Api.SendAsync(HttpMethod.Post, path, null, ("x-token", given))).Text);
                replies.Add((await server.Api.SendAsync(HttpMethod.Post, $"{path}/{given}?{given}={given}")).Text);
            }

            replies.Add(await GrpcAsync(server, given));
        }

        const string Clear = $$"""[{"Name": "x", "Sha256": "{{Named}}", "Scopes": ["read"]}]""";
        foreach (var broken in new[] { $"[{Named}]", Clear, TestTokens.File(named, named) })
        {
            var before = server.Log.Count(IsComplaint);
            await File.WriteAllTextAsync(file, broken);
            await Eventually.HoldsAsync(() => server.Log.Count(IsComplaint) > before, "the broken file is told");
        }

        (await server.TerminateAsync()).Should().Be(0);
        foreach (var secret in new[] { ApiDescription.Canary, named.Sha256 })
        {
            server.Log.Where(line => line.Contains(secret, StringComparison.OrdinalIgnoreCase)).Should().BeEmpty();
            replies.Where(text => text.Contains(secret, StringComparison.OrdinalIgnoreCase)).Should().BeEmpty();
        }

        var callers = server.Log.Select(line => JsonNode.Parse(line)!.AsObject()).Where(l => l.ContainsKey("Route"))
            .Select(l => (string?)l["Caller"]).Distinct();
        callers.Should().BeEquivalentTo("token", "platform", null, "(network)");

        static bool IsComplaint(string line) => line.Contains("The tokens stay as they were", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_is_a_line_of_JSON()
    {
        using var data = new TemporaryDirectory();
        await using var server = await ServerProcess.StartAsync(data.Path);
        (await server.Api.PutAsync("create_instance", Sample.VaultInstance("logged"))).ShouldBeOk();
        (await server.Api.PutAsync("v1/create_instance", Sample.VaultInstance("logged"))).ShouldFail(409, "ALREADY_EXISTED");
        (await server.Api.SendAsync(HttpMethod.Get, "/nothing")).Status.Should().Be(404);
        (await server.TerminateAsync()).Should().Be(0);

        var all = server.Log.Select(line => JsonNode.Parse(line)!.AsObject()).ToList();
        var unmatched = all.Should().ContainSingle(line => (string?)line["Route"] == "unmatched").Subject;
        unmatched["Code"].Should().BeNull();
        ((int?)unmatched["Status"]).Should().Be(404);
        var lines = all.Where(line => (string?)line["Route"] == "create_instance").ToList();
        lines.Select(l => (string?)l["InstanceId"]).Should().Equal("logged", "logged");
        lines.Select(l => (string?)l["Code"]).Should().Equal("OK", "ALREADY_EXISTED");
        lines.Select(l => (int?)l["Status"]).Should().Equal(200, 409);
        lines.Select(l => (string?)l["Caller"]).Should().Equal("default", "default");
        lines.Should().AllSatisfy(l => ((double?)l["Ms"]).Should().BePositive());
    }

    [Fact]
    public async Task A_read_that_is_answered_again_has_a_line_like_the_first()
    {
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        using var data = new TemporaryDirectory();
        await using var server = await ServerProcess.StartAsync(data.Path);
        (await server.Api.PutAsync("create_instance", Sample.VaultInstance("again"))).ShouldBeOk();
        for (var i = 0; i < 3; i++)
        {
            (await server.Api.GetAsync("get_instance", ("instance_id", "again"))).ShouldBeOk();
            (await server.Api.SendAsync(
                HttpMethod.Get, server.Api.PathOf("get_instance", ("instance_id", "again")), null,
                ("traceparent", $"00-{Trace}-00f067aa0ba902b7-01"))).ShouldBeOk();
        }

        (await server.TerminateAsync()).Should().Be(0);
        var lines = server.Log.Select(line => JsonNode.Parse(line)!.AsObject())
            .Where(l => (string?)l["Route"] == "get_instance").ToList();
        lines.Should().HaveCount(6);
        lines.Should().AllSatisfy(l => l.Select(field => field.Key).Should().Equal(lines[0].Select(field => field.Key)));
        lines.Select(l => (string?)l["InstanceId"]).Should().OnlyContain(id => id == "again");
        lines.Select(l => (string?)l["Caller"]).Should().OnlyContain(caller => caller == "default");
        lines.Select(l => (string?)l["Code"]).Should().OnlyContain(code => code == "OK");
        lines.Select(l => (string?)l["RequestId"]).Should().OnlyHaveUniqueItems();
        lines.Select(l => (string?)l["@sp"]).Should().OnlyHaveUniqueItems();
        lines.Count(l => (string?)l["@tr"] == Trace).Should().Be(3);
        lines.Select(l => (string?)l["@tr"]).Distinct().Should().HaveCount(4, "the others are each a trace of their own");
    }

    [Fact]
    public async Task Requests_are_not_logged_when_only_warnings_are_asked_for()
    {
        using var data = new TemporaryDirectory();
        await using var server = await ServerProcess.StartAsync(data.Path, settings: ("LOGLEVEL", "Warning"));
        (await server.Api.GetAsync("list_instances")).ShouldBeOk();
        (await server.TerminateAsync()).Should().Be(0);
        server.Log.Should().NotBeEmpty().And.NotContain(line => line.Contains("\"Route\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_rpc_is_logged_by_its_name_with_its_outcome()
    {
        using var data = new TemporaryDirectory();
        await using var server = await ServerProcess.StartAsync(data.Path);
        using (var channel = GrpcChannel.ForAddress(server.Http.BaseAddress!))
        {
            await new Client(channel).get_txnAsync(new GetTxnRequest { CloudUniqueId = "1:logged:fe", TxnId = 1 });
        }

        await server.Api.SendAsync(
            HttpMethod.Post, "/MetaService/get_txn?token=greedisgood9999", new StringContent("""{"cloud_unique_id": "1:logged:fe"}"""));
        (await server.TerminateAsync()).Should().Be(0);
        var lines = server.Log.Select(line => JsonNode.Parse(line)!.AsObject()).Where(l => (string?)l["Route"] == "rpc/get_txn").ToList();
        lines.Select(l => (string?)l["Caller"]).Should().Equal("(network)", "default");
        lines.Select(l => (string?)l["InstanceId"]).Should().Equal("logged", "logged");
        lines.Select(l => (string)l["Code"]!).Should().OnlyContain(
            code => code != "OK" && code.All(c => c == '_' || char.IsAsciiLetterUpper(c)));
    }

    private static async Task<string> GrpcAsync(ServerProcess server, string token)
    {
        using var channel = GrpcChannel.ForAddress(server.Http.BaseAddress!);
        try
        {
            var headers = new Metadata { { "authorization", $"Bearer {token}" }, { "x-token", token } };
            var response = await new Client(channel).get_instanceAsync(new GetInstanceRequest { InstanceId = "none" }, headers);
            await new Client(channel).get_instanceAsync(new GetInstanceRequest { InstanceId = "none" });
            return response.ToString();
        }
        catch (RpcException e)
        {
            return e.ToString();
        }
    }
}
