using System.Text.RegularExpressions;
using MetaService.ApiTests.Hostile;
using MetaService.Server.Access;
using MetaService.Server.Rpc;

namespace MetaService.ApiTests.Access;

/// <summary>What a token may do.</summary>
public sealed partial class ScopeTests(ScopedServer fixture) : IClassFixture<ScopedServer>
{
    private static readonly string[] Single = ["read", "operate", "secrets", "raw"];

    [Fact]
    public async Task Each_endpoint_is_open_to_the_scope_that_the_documentation_names_and_to_no_other()
    {
        var documented = await DocumentedAsync();
        var endpoints = await ApiDescription.AllAsync(fixture.With("all"));
        documented.SelectMany(row => row.Endpoints).Should().BeEquivalentTo(endpoints.Select(e => e.Name));
        foreach (var endpoint in endpoints)
        {
            var needed = documented.Single(row => row.Endpoints.Contains(endpoint.Name)).Scope;
            foreach (var scope in Single)
            {
                var reply = await fixture.With(scope).PutAsync(endpoint.Name, "[]");
                if (scope == needed)
                {
                    reply.Status.Should().NotBe(403, $"{scope} {endpoint.Name}");
                }
                else
                {
                    reply.ShouldFail(403, "PERMISSION_DENIED", $"the token {scope} lacks the scope {needed}, which {endpoint.Name} needs");
                }
            }
        }
    }

    [Fact]
    public async Task Each_rpc_is_open_to_the_scope_that_the_documentation_names_and_to_no_other()
    {
        var documented = await DocumentedAsync();
        var rpcs = fixture.Server.Service<RpcCatalogue>().ToList();
        documented.SelectMany(row => row.Rpcs).Should().BeEquivalentTo(rpcs.Select(r => r.Name));
        foreach (var rpc in rpcs)
        {
            var needed = documented.Single(row => row.Rpcs.Contains(rpc.Name)).Scope;
            ScopeNames.Text(rpc.Scope).Should().Be(needed, rpc.Name);
            foreach (var scope in Single)
            {
                var path = $"/MetaService/{rpc.Name}?token={ScopedServer.Tokens[scope]}";
                var reply = await fixture.Server.Api.SendAsync(HttpMethod.Post, path, new StringContent("[]"));
                if (scope == needed)
                {
                    reply.Status.Should().NotBe(403, $"{scope} {rpc.Name}");
                }
                else
                {
                    reply.ShouldFail(403, "PERMISSION_DENIED", $"lacks the scope {needed}");
                }
            }
        }
    }

    [Fact]
    public async Task A_refusal_does_not_wait_for_the_body()
    {
        var head = $"PUT /MetaService/http/create_instance?token={ScopedServer.Tokens["read"]} HTTP/1.1\r\nHost: x\r\n";
        var reply = await RawHttp.SendAsync(fixture.Server.Address, head + "Content-Length: 1000000\r\n\r\n{");
        reply.Status.Should().Be(403);
        reply.Body.Should().Contain("lacks the scope operate");
    }

    [Theory]
    [InlineData("nothing", 404)]
    [InlineData("v1/nothing", 404)]
    public async Task A_name_that_there_is_not_needs_a_token_of_whatever_scope(string name, int status) =>
        (await fixture.With("secrets").GetAsync(name)).Status.Should().Be(status);

    [Fact]
    public async Task A_token_may_come_in_a_header_of_its_own()
    {
        const string Path = "/MetaService/http/list_instances";
        var api = fixture.Server.Api;
        (await api.SendAsync(HttpMethod.Get, Path, null, ("x-token", ScopedServer.Tokens["read"]))).ShouldBeOk();
        (await api.SendAsync(HttpMethod.Get, Path, null, ("x-token", "wrong"))).ShouldFail(403, "PERMISSION_DENIED");
        (await api.SendAsync(HttpMethod.Get, Path, null, ("x-token", ScopedServer.Tokens["read"]), ("x-token", "wrong")))
            .ShouldFail(403, "PERMISSION_DENIED");
    }

    /// <summary>The table of docs/security.md.</summary>
    private static async Task<List<(string Scope, List<string> Endpoints, List<string> Rpcs)>> DocumentedAsync()
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "Data", "security.md"));
        var rows = lines.Select(line => Row().Match(line)).Where(match => match.Success)
            .Select(match => (match.Groups[1].Value, Names(match.Groups[2].Value), Names(match.Groups[3].Value))).ToList();
        rows.Select(row => row.Item1).Should().Equal("read", "operate", "raw");
        return rows;
    }

    private static List<string> Names(string cell) => [.. Name().Matches(cell).Select(m => m.Value)];

    [GeneratedRegex(@"^\| `(read|operate|raw)` \|([^|]*)\|([^|]*)\|$")]
    private static partial Regex Row();

    [GeneratedRegex("[a-z0-9]+(_[a-z0-9]+)*")]
    private static partial Regex Name();
}
