using System.Collections.Concurrent;
using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using MetaService.Records.Cloud;
using MetaService.TestKit.Rpc;
using Client = MetaService.Records.Cloud.MetaService.MetaServiceClient;

namespace MetaService.ApiTests.Rpc;

/// <summary>A server that is killed in the middle of many loads leaves each of them wholly visible or not at all.</summary>
public sealed class KilledLoadTests
{
    private const int Clients = 16;
    private const long RowsPerLoad = 3;
    private static readonly long[] Tablets = [1, 2, 3];

    [Fact]
    public async Task Each_transaction_is_wholly_visible_or_not_at_all_after_a_kill()
    {
        using var data = new TemporaryDirectory();
        var begun = new ConcurrentDictionary<long, bool>();
        const string InstanceId = "killed";
        await using (var server = await ServerProcess.StartAsync(data.Path))
        {
            (await server.Api.PutAsync("create_instance", Sample.VaultInstance(InstanceId))).ShouldBeOk();
            using var channel = GrpcChannel.ForAddress(server.Http.BaseAddress!);
            var load = new LoadClient(new Client(channel), InstanceId);
            await load.CreateTabletsAsync(Tablets);
            var clients = Enumerable.Range(0, Clients).Select(client => LoadUntilKilledAsync(load, client, begun)).ToList();
            while (begun.Count(txn => txn.Value) < 3 * Clients)
            {
                await Task.Delay(20);
            }

            await server.KillAsync();
            await Task.WhenAll(clients);
        }

        var verified = await CommandLine.RunAsync(TestCluster.SettingsOf(data.Path), "store", "verify", "--data", data.Path);
        verified.ExitCode.Should().Be(0, verified.Output + verified.Errors);
        await using var again = await ServerProcess.StartAsync(data.Path);
        using var newChannel = GrpcChannel.ForAddress(again.Http.BaseAddress!);
        await ShouldBeWholeAsync(new LoadClient(new Client(newChannel), InstanceId), begun);
    }

    /// <summary>Notes each transaction that was begun, and whether its commit was acknowledged.</summary>
    private static async Task LoadUntilKilledAsync(LoadClient load, int client, ConcurrentDictionary<long, bool> begun)
    {
        try
        {
            for (var n = 0; ; n++)
            {
                var txnId = await load.BeginAsync(string.Create(CultureInfo.InvariantCulture, $"{client}-{n}"));
                begun[txnId] = false;
                foreach (var tablet in Tablets)
                {
                    await load.AddRowsetAsync(txnId, tablet, RowsPerLoad);
                }

                await load.CommitAsync(txnId);
                begun[txnId] = true;
            }
        }
        catch (RpcException)
        {
            // The server is gone. What it was asked last may be done or not.
        }
    }

    private static async Task ShouldBeWholeAsync(LoadClient load, IReadOnlyDictionary<long, bool> begun)
    {
        var visible = 0;
        foreach (var (txnId, acknowledged) in begun)
        {
            var isVisible = (await load.TxnAsync(txnId)).Status == TxnStatusPB.TxnStatusVisible;
            visible += isVisible ? 1 : 0;
            (isVisible || !acknowledged).Should().BeTrue("transaction {0} was acknowledged", txnId);
        }

        (await load.PartitionVersionAsync()).Should().Be(visible + 1);
        foreach (var tablet in Tablets)
        {
            var stats = await load.StatsAsync(tablet);
            (stats.NumRows, stats.NumRowsets).Should().Be((visible * RowsPerLoad, visible + 1));
            var versions = (await load.RowsetsAsync(tablet)).RowsetMeta.Select(r => r.EndVersion);
            versions.Should().Equal(Enumerable.Range(1, visible + 1).Select(v => (long)v));
        }
    }
}
