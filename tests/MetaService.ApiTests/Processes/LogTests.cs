using System.Text.Json.Nodes;
using MetaService.ApiTests.Hostile;

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
        lines.Should().AllSatisfy(l => ((double?)l["Ms"]).Should().BePositive());
    }
}
