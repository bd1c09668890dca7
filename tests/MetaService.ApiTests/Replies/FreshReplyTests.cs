using System.Globalization;
using MetaService.Server.Replies;

namespace MetaService.ApiTests.Replies;

/// <summary>A kept reply is what the store would answer, always.</summary>
public sealed class FreshReplyTests
{
    private const string Id = "fresh";

    private static readonly (string Name, string Body)[] Reads =
    [
        ("get_obj_store_info", $$"""{"cloud_unique_id": "1:{{Id}}:x"}"""),
        ("show_storage_vaults", """{"cloud_unique_id": "be1"}"""),
        ("get_cluster", $$"""{"cloud_unique_id": "1:{{Id}}:x"}"""),
        ("get_cluster", """{"cloud_unique_id": "be1", "cluster_id": "c1"}"""),
        ("get_cluster", """{"cloud_unique_id": "be2", "cluster_name": "c1"}"""),
        ("get_cluster_status", $$"""{"instance_ids": ["{{Id}}", "none"]}"""),
        ("get_cluster_status", """{"cloud_unique_ids": ["be1", "be2"]}"""),
        ("get_stage", $$"""{"cloud_unique_id": "1:{{Id}}:x", "type": "EXTERNAL"}"""),
    ];

    private static readonly (string Name, string Body)[] Writes =
    [
        ("create_instance", Sample.VaultInstance(Id).ToJsonString()),
        ("add_cluster", Sample.Compute(Id, "c1", Sample.Node("be1")).ToJsonString()),
        ("add_cluster", Sample.Sql(Id, "sql", Sample.Frontend("fe1", "FE_MASTER")).ToJsonString()),
        ("add_node", Sample.Compute(Id, "c1", Sample.Node("be2", "172.21.0.6")).ToJsonString()),
        ("update_cluster_mysql_user_name", Cluster(""" "cluster_name": "c1", "mysql_user_name": ["u"] """)),
        ("update_cluster_endpoint", Cluster(""" "public_endpoint": "a:1", "private_endpoint": "b:2" """)),
        ("set_cluster_status", Cluster(""" "cluster_status": "SUSPENDED" """)),
        ("decommission_node", Sample.Compute(Id, "c1", Sample.Node("be2", "172.21.0.6")).ToJsonString()),
        ("notify_decommissioned", Sample.Compute(Id, "c1", Sample.Node("be2", "172.21.0.6")).ToJsonString()),
        ("add_s3_vault", Vault(Sample.ObjInfo("a2", "s2"))),
        ("alter_s3_vault", Vault("""{"ak": "a3", "sk": "s3"}""")),
        ("alter_ram_user", $$"""{"instance_id": "{{Id}}", "ram_user": {"user_id": "ram", "ak": "ra", "sk": "rs"} }"""),
        ("update_ak_sk", $$"""{"instance_id": "{{Id}}", "ram_user": {"user_id": "ram", "ak": "rb", "sk": "rt"} }"""),
        ("alter_iam", """{"account_id": "iam", "ak": "ia", "sk": "is"}"""),
        ("alter_iam", """{"account_id": "iam2", "ak": "ib", "sk": "it"}"""),
        ("/MetaService/create_stage", $$"""{"cloud_unique_id": "1:{{Id}}:x", "stage": {{Stage}} }"""),
        ("/MetaService/drop_stage", $$"""{"cloud_unique_id": "1:{{Id}}:x", "type": "EXTERNAL", "stage_name": "st"}"""),
        ("rename_instance", $$"""{"instance_id": "{{Id}}", "name": "another"}"""),
        ("enable_instance_sse", $$"""{"instance_id": "{{Id}}"}"""),
        ("disable_instance_sse", $$"""{"instance_id": "{{Id}}"}"""),
        ("set_instance_status", $$"""{"instance_id": "{{Id}}", "op": "SET_OVERDUE"}"""),
        ("set_instance_status", $$"""{"instance_id": "{{Id}}", "op": "SET_NORMAL"}"""),
        ("rotate_secrets", "{}"),
        ("drop_node", Sample.Compute(Id, "c1", Sample.Node("be2", "172.21.0.6")).ToJsonString()),
        ("rename_cluster", Cluster(""" "cluster_name": "renamed" """)),
        ("drop_cluster", Cluster(""" "cluster_name": "renamed" """)),
        ("drop_cluster", Sample.Sql(Id, "sql").ToJsonString()),
        ("drop_instance", $$"""{"instance_id": "{{Id}}"}"""),
    ];

    private static string Stage => """
        {"type": "EXTERNAL", "name": "st", "stage_id": "st1", "obj_info": {"ak": "sa", "sk": "ss", "bucket": "b", "prefix": "p",
         "endpoint": "e.example.com", "region": "r", "provider": "OSS"} }
        """;

    /// <summary>
    /// Two servers on one store, of which one keeps nothing, answer alike before and after every kind of change.
    /// </summary>
    [Fact]
    public async Task After_any_change_a_kept_reply_is_no_other_than_a_new_one()
    {
        var servers = await InProcessServer.StartManyAsync(2, (number, options) => options.Limits.ReplyCacheBytes *= number);
        var (plain, keeping) = (servers[0].Api, servers[1].Api);
        var unchanged = new List<string>();
        var before = await ReadAllAsync(keeping);
        foreach (var (name, body) in Writes)
        {
            var path = name.StartsWith('/') ? $"{name}?token=greedisgood9999" : keeping.PathOf(name);
            var written = await keeping.SendAsync(HttpMethod.Put, path, new StringContent(body));
            written.Status.Should().Be(200, $"{name}: {written.Text}");
            var expected = await ReadAllAsync(plain);
            (await ReadAllAsync(keeping)).Should().Equal(expected, $"after {name}");
            (await ReadAllAsync(keeping)).Should().Equal(expected, $"after {name}");
            if (expected.SequenceEqual(before))
            {
                unchanged.Add(name);
            }

            before = expected;
        }

        unchanged.Should().BeSubsetOf(["rotate_secrets"], "a change that no reply shows proves nothing");
        servers[0].Service<ReadyReplies>().Count.Should().Be(0);
        servers[1].Service<ReadyReplies>().Count.Should().Match(count => count > 5 || !servers[1].Service<ReadyReplies>().IsOn);
        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("rocksdb")]
    public async Task A_read_that_begins_after_a_write_was_acknowledged_shows_it(string store)
    {
        const int Count = 150;
        await using var server = await InProcessServer.StartAsync(store);
        (await server.Api.PutAsync("create_instance", Sample.VaultInstance(Id))).ShouldBeOk();
        (await RenameAsync(0)).ShouldBeOk();
        var acknowledged = 0;
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var repeated = 0;
            for (var (more, shown) = (3, -1); more > 0; more -= done.IsCancellationRequested ? 1 : 0)
            {
                var least = Volatile.Read(ref acknowledged);
                var reply = (await server.Api.GetAsync("get_instance", ("instance_id", Id))).ShouldBeOk();
                var number = int.Parse((string)reply.Result["name"]!, CultureInfo.InvariantCulture);
                number.Should().BeGreaterThanOrEqualTo(Math.Max(least, shown), "what was acknowledged or shown stays so");
                repeated += number == shown ? 1 : 0;
                shown = number;
            }

            return repeated;
        })).ToArray();

        for (var n = 1; n <= Count; n++)
        {
            (await RenameAsync(n)).ShouldBeOk();
            Volatile.Write(ref acknowledged, n);
        }

        await done.CancelAsync();
        (await Task.WhenAll(readers)).Sum().Should().BePositive("some of them are answered again from what is kept");

        Task<ApiReply> RenameAsync(int n) =>
            server.Api.PutAsync("rename_instance", Sample.Json($$"""{"instance_id": "{{Id}}", "name": "{{n}}"}"""));
    }

    private static string Vault(string objInfo) =>
        $$"""{"cloud_unique_id": "1:{{Id}}:x", "vault": {"name": "second", "obj_info": {{objInfo}} } }""";

    private static string Cluster(string fields) => Sample.Cluster(Id, """ "cluster_id": "c1", """ + fields).ToJsonString();

    private static async Task<List<string>> ReadAllAsync(ApiClient api)
    {
        var texts = new List<string>
        {
            (await api.GetAsync("get_instance", ("instance_id", Id))).Text,
            (await api.GetAsync("get_instance", ("cloud_unique_id", "be1"))).Text,
            (await api.GetAsync("get_instance", ("instance_id", Id), ("mask_secrets", "true"))).Text,
        };
        foreach (var (name, body) in Reads)
        {
            texts.Add((await api.PutAsync(name, body)).Text);
        }

        return texts;
    }
}
