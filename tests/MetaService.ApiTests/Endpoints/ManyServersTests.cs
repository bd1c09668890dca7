using MetaService.Server.Settings;

namespace MetaService.ApiTests.Endpoints;

/// <summary>Servers that share a store behave as one: whichever is asked, the answer is the same, and at once.</summary>
public sealed class ManyServersTests(ManyServersTests.TwoServers servers) : IClassFixture<ManyServersTests.TwoServers>
{
    private ApiClient First => servers.All[0].Api;

    private ApiClient Second => servers.All[1].Api;

    /// <summary>The recorded conversations, each request to the server that was not asked before.</summary>
    [Theory]
    [MemberData(nameof(CaseFiles.Names), MemberType = typeof(CaseFiles))]
    public async Task A_conversation_may_change_the_server_with_every_request(string name)
    {
        using var http = new HttpClient(new Alternating(servers.All)) { BaseAddress = servers.All[0].Address };

        (await new CaseRunner(http, ServerOptions.DocumentToken).RunAsync(CaseFiles.Get(name))).Should().BeNull();
    }

    [Fact]
    public async Task What_one_server_has_changed_the_other_knows_at_once()
    {
        var id = Sample.NewId();
        var node = Sample.NewId("node");
        (await First.PutAsync("create_instance", Sample.VaultInstance(id))).ShouldBeOk();
        (await Second.PutAsync("add_cluster", Sample.Compute(id, "c1", Sample.Node(node)))).ShouldBeOk();
        (await First.PutAsync("get_cluster", Sample.Json($$"""{"cloud_unique_id": "{{node}}", "cluster_id": "c1"}"""))).ShouldBeOk();

        for (var i = 0; i < 50; i++)
        {
            var (writer, reader) = i % 2 == 0 ? (First, Second) : (Second, First);
            var user = $"user{i}";
            (await writer.PutAsync(
                "update_cluster_mysql_user_name",
                Sample.Cluster(id, $$""" "cluster_id": "c1", "cluster_name": "c1", "mysql_user_name": ["{{user}}"] """))).ShouldBeOk();
            var found = await reader.PutAsync(
                "get_cluster", Sample.Json($$"""{"cloud_unique_id": "{{node}}", "mysql_user_name": "{{user}}"}"""));
            ((string?)found.ShouldBeOk().Result["cluster_id"]).Should().Be("c1");
        }

        (await First.PutAsync("drop_cluster", Sample.Compute(id, "c1"))).ShouldBeOk();
        (await Second.PutAsync("get_cluster", Sample.Json($$"""{"cloud_unique_id": "{{node}}", "cluster_id": "c1"}""")))
            .ShouldFail(400, "INVALID_ARGUMENT", "empty instance_id");
        (await Second.PutAsync("drop_instance", Sample.Json($$"""{"instance_id": "{{id}}"}"""))).ShouldBeOk();
        (await First.PutAsync("add_cluster", Sample.Compute(id, "c2", Sample.Node(node)))).ShouldFail(404, "NOT_FOUND");
    }

    [Fact]
    public async Task Of_requests_that_race_on_two_servers_one_wins()
    {
        for (var round = 0; round < 20; round++)
        {
            var id = Sample.NewId();
            await ShouldHaveOneWinnerAsync(api => api.PutAsync("create_instance", Sample.VaultInstance(id)));
            var node = Sample.NewId("node");
            await ShouldHaveOneWinnerAsync(api => api.PutAsync("add_cluster", Sample.Compute(id, "c1", Sample.Node(node))));
            await ShouldHaveOneWinnerAsync(api => api.PutAsync(
                "rename_cluster", Sample.Cluster(id, """ "cluster_id": "c1", "cluster_name": "renamed" """)));
            await ShouldHaveOneWinnerAsync(api => api.PutAsync("drop_cluster", Sample.Json(
                $$"""{"instance_id": "{{id}}", "cluster": {"cluster_id": "c1", "cluster_name": "renamed"} }""")));
            await ShouldHaveOneWinnerAsync(api => api.PutAsync("drop_instance", Sample.Json($$"""{"instance_id": "{{id}}"}""")));
        }
    }

    [Fact]
    public async Task A_node_that_two_servers_add_to_two_instances_at_once_ends_up_in_one()
    {
        for (var round = 0; round < 20; round++)
        {
            string[] ids = [Sample.NewId(), Sample.NewId()];
            foreach (var id in ids)
            {
                (await First.PutAsync("create_instance", Sample.VaultInstance(id))).ShouldBeOk();
            }

            var node = Sample.NewId("node");
            var replies = await Task.WhenAll(
                First.PutAsync("add_cluster", Sample.Compute(ids[0], "c", Sample.Node(node))),
                Second.PutAsync("add_cluster", Sample.Compute(ids[1], "c", Sample.Node(node))));

            replies.Select(r => r.Status).Order().Should().Equal(200, 409);
        }
    }

    [Fact]
    public async Task Additions_to_one_cluster_through_two_servers_are_all_kept()
    {
        const int Nodes = 60;
        var id = Sample.NewId();
        (await First.PutAsync("create_instance", Sample.VaultInstance(id))).ShouldBeOk();
        (await First.PutAsync("add_cluster", Sample.Compute(id, "c", Sample.Node(id)))).ShouldBeOk();

        await Task.WhenAll(Enumerable.Range(0, Nodes).Select(async n =>
        {
            var api = n % 2 == 0 ? First : Second;
            (await api.PutAsync("add_node", Sample.Compute(id, "c", Sample.Node($"{id}-{n}")))).ShouldBeOk();
        }));

        var cluster = (await Second.PutAsync(
            "get_cluster", Sample.Json($$"""{"cloud_unique_id": "{{id}}", "cluster_id": "c"}"""))).ShouldBeOk().Result;
        cluster["nodes"]!.AsArray().Should().HaveCount(Nodes + 1);
    }

    private async Task ShouldHaveOneWinnerAsync(Func<ApiClient, Task<ApiReply>> send)
    {
        var replies = await Task.WhenAll(servers.All.SelectMany(s => new[] { send(s.Api), send(s.Api) }));
        replies.Count(r => r.Status == 200).Should().Be(1, string.Join('\n', replies.Select(r => r.Text)));
        replies.Where(r => r.Status != 200).Should().OnlyContain(
            r => r.Code == "ALREADY_EXISTED" || r.Code == "INTERNAL_ERROR" && r.Status == 500 || r.Code == "NOT_FOUND",
            "the losers are told what the winner did");
    }

    /// <summary>Two servers on one store.</summary>
    public sealed class TwoServers : IAsyncLifetime
    {
        public IReadOnlyList<InProcessServer> All { get; private set; } = [];

        public async Task InitializeAsync() => All = await InProcessServer.StartManyAsync(2);

        public async Task DisposeAsync()
        {
            foreach (var server in All)
            {
                await server.DisposeAsync();
            }
        }
    }

    /// <summary>Sends each request to the next server.</summary>
    private sealed class Alternating(IReadOnlyList<InProcessServer> servers)
        : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        private int _sent;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var server = servers[_sent++ % servers.Count].Address.GetLeftPart(UriPartial.Authority);
            request.RequestUri = new Uri(
                server + request.RequestUri!.OriginalString[request.RequestUri.GetLeftPart(UriPartial.Authority).Length..],
                new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
            return base.SendAsync(request, cancellationToken);
        }
    }
}
