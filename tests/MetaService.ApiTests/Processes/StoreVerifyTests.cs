using System.Text.Json.Nodes;
using Grpc.Net.Client;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Own;
using MetaService.Storage;
using MetaService.Storage.RocksDb;
using MetaService.TestKit.Rpc;
using Client = MetaService.Records.Cloud.MetaService.MetaServiceClient;

namespace MetaService.ApiTests.Processes;

/// <summary><c>metaservice store verify</c> on the directory of a server that has ended.</summary>
public sealed class StoreVerifyTests
{
    private const string InstanceId = "verified";
    private const long Tablet = 1;

    [Fact]
    public async Task A_sound_store_is_told_from_a_damaged_one()
    {
        using var data = new TemporaryDirectory();
        var txnId = await FillAsync(data.Path);

        var sound = await VerifyAsync("--data", data.Path, "--verbose");
        sound.ExitCode.Should().Be(0, sound.Output);
        sound.Errors.Should().BeEmpty();
        sound.Output.Should().Contain("InstanceKey").And.MatchRegex(@"\n\d+ keys, \d+ records checked, 0 defects\n$");

        await DamageAsync(data.Path, txnId);
        var damaged = await VerifyAsync("--data", data.Path);
        damaged.ExitCode.Should().Be(1, damaged.Errors);
        var lines = damaged.Output.TrimEnd('\n').Split('\n');
        lines.Should().HaveCount(5);
        lines[0].Should().StartWith($"node_owner_missing: InstanceKey instance_id={InstanceId}: ").And.Contain("cloud_unique_id=node1");
        lines[1].Should().StartWith($"tablet_stats_wrong: MetaTabletKey instance_id={InstanceId} ")
            .And.EndWith("; to do: correct the statistics with fix_tablet_stats");
        lines[2].Should().StartWith($"txn_index_missing: TxnInfoKey instance_id={InstanceId} ").And.Contain($"txn_id={txnId}");
        lines[3].Should().StartWith("owner_without_node: NodeOwnerKey cloud_unique_id=nobody: ");
        lines[4].Should().EndWith(" records checked, 4 defects");
        damaged.Output.Should().NotContainAny("vault-ak", "vault-sk");

        var json = await VerifyAsync("--data", data.Path, "--json");
        json.ExitCode.Should().Be(1);
        var objects = json.Output.TrimEnd('\n').Split('\n').Select(line => JsonNode.Parse(line)!).ToList();
        objects.SkipLast(1).Select(o => (string?)o["kind"]).Should()
            .Equal("node_owner_missing", "tablet_stats_wrong", "txn_index_missing", "owner_without_node");
        ((string?)objects[3]["fields"]!["cloud_unique_id"]).Should().Be("nobody");
        ((string?)objects[3]["key"]).Should().Be(Convert.ToHexStringLower(Key.NodeOwner("nobody").Bytes));
        ((int)objects[^1]["defects"]!).Should().Be(4);
        ((int)objects[^1]["key_types"]!["InstanceKey"]!["keys"]!).Should().Be(1);
    }

    [Fact]
    public async Task A_repair_that_is_named_repairs()
    {
        using var data = new TemporaryDirectory();
        var txnId = await FillAsync(data.Path);
        await DamageAsync(data.Path, txnId);

        await using (var server = await ServerProcess.StartAsync(data.Path, onDirectory: true))
        {
            (await server.Api.GetAsync("fix_tablet_stats", ("instance_id", InstanceId), ("table_id", "20001")))
                .Text.Should().StartWith("tablets corrected: 1");
            using var channel = GrpcChannel.ForAddress(server.Http.BaseAddress!);
            var clean = new CleanTxnLabelRequest { CloudUniqueId = $"1:{InstanceId}:be", DbId = 10001 };
            (await new Client(channel).clean_txn_labelAsync(clean)).Status.Code.Should().Be(MetaServiceCode.Ok);
            foreach (var id in new[] { "nobody", "node1" })
            {
                var node = Sample.Compute(InstanceId, "c1", Sample.Node(id, ip: "172.21.0.99"));
                (await server.Api.PutAsync("add_node", node)).ShouldBeOk();
                (await server.Api.PutAsync("drop_node", node)).ShouldBeOk();
            }

            (await server.TerminateAsync()).Should().Be(0);
        }

        var verified = await VerifyAsync("--data", data.Path);
        verified.ExitCode.Should().Be(0, verified.Output);
    }

    [Fact]
    public async Task A_store_in_use_is_left_alone()
    {
        using var data = new TemporaryDirectory();
        await using var server = await ServerProcess.StartAsync(data.Path, onDirectory: true);
        var refused = await VerifyAsync("--data", data.Path);
        refused.ExitCode.Should().Be(2, refused.Output);
        refused.Output.Should().BeEmpty();
        refused.Errors.Should().StartWith("metaservice: ").And.Contain($"in use by process {server.Id}");
    }

    [Fact]
    public async Task A_copy_that_was_cut_off_is_no_store_yet()
    {
        using var data = new TemporaryDirectory();
        await using (var store = RocksDbKvStore.Open(new RocksDbKvStoreOptions { Directory = data.Path }, TimeProvider.System))
        {
            using var transaction = store.BeginTransaction();
            transaction.Set(Key.CopyProgress(), new CopyProgressPB { Pairs = 1 });
            (await transaction.CommitAsync()).IsCommitted.Should().BeTrue();
        }

        var refused = await VerifyAsync("--data", data.Path);
        refused.ExitCode.Should().Be(2, refused.Output);
        refused.Errors.Should().Contain("metaservice store copy");
    }

    [Theory]
    [InlineData("there is no store", "--data", "nowhere")]
    [InlineData("ends with its server", "--store", "memory")]
    [InlineData("is not one of", "--store", "paper")]
    [InlineData("--nonsense", "--nonsense")]
    public async Task What_cannot_be_verified_is_no_answer(string why, params string[] arguments)
    {
        using var root = new TemporaryDirectory();
        var nowhere = Path.Combine(root.Path, "nowhere");
        var refused = await VerifyAsync([.. arguments.Select(a => a == "nowhere" ? nowhere : a)]);
        refused.ExitCode.Should().Be(2, refused.Output);
        refused.Errors.Should().Contain(why).And.NotContain("   at ");
        Directory.EnumerateFileSystemEntries(root.Path).Should().BeEmpty("nothing is created");
    }

    private static Task<CommandResult> VerifyAsync(params string[] arguments) =>
        CommandLine.RunAsync(["store", "verify", .. arguments]);

    /// <summary>Runs a server until it has an instance with a node, a tablet and a load.</summary>
    /// <returns>The load's transaction.</returns>
    private static async Task<long> FillAsync(string data)
    {
        await using var server = await ServerProcess.StartAsync(data, onDirectory: true);
        (await server.Api.PutAsync("create_instance", Sample.VaultInstance(InstanceId))).ShouldBeOk();
        (await server.Api.PutAsync("add_cluster", Sample.Compute(InstanceId, "c1", Sample.Node("node1")))).ShouldBeOk();
        using var channel = GrpcChannel.ForAddress(server.Http.BaseAddress!);
        var load = new LoadClient(new Client(channel), InstanceId);
        await load.CreateTabletsAsync([Tablet]);
        var txnId = await load.BeginAsync("load1");
        await load.AddRowsetAsync(txnId, Tablet, 3);
        await load.CommitAsync(txnId);
        (await server.TerminateAsync()).Should().Be(0);
        return txnId;
    }

    private static async Task DamageAsync(string data, long txnId)
    {
        await using var store = RocksDbKvStore.Open(new RocksDbKvStoreOptions { Directory = data }, TimeProvider.System);
        await new TransactionRunner(store, TimeProvider.System).RunAsync(async (transaction, token) =>
        {
            transaction.Clear(Key.TxnIndex(InstanceId, txnId));
            transaction.Clear(Key.NodeOwner("node1"));
            transaction.Set(Key.NodeOwner("nobody"), new NodeOwnerPB { InstanceId = InstanceId });
            var tablet = await transaction.GetAsync(Key.MetaTabletIndex(InstanceId, Tablet), cancellationToken: token);
            transaction.Add(Key.StatsTablet(InstanceId, tablet!, TabletCounter.NumRows), 5);
            return true;
        });
    }
}
