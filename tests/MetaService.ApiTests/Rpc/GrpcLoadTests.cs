using System.Globalization;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using MetaService.Records.Cloud;
using MetaService.TestKit.Rpc;
using Client = MetaService.Records.Cloud.MetaService.MetaServiceClient;

namespace MetaService.ApiTests.Rpc;

/// <summary>Whole loads over gRPC on the port that HTTP/1.1 uses too.</summary>
public sealed class GrpcLoadTests(RocksDbServer fixture) : SoundStoreTests(fixture), IClassFixture<RocksDbServer>
{
    [Fact]
    public async Task A_load_from_begin_to_version_is_visible_as_a_whole()
    {
        using var channel = GrpcChannel.ForAddress(fixture.Server.Address);
        var load = await NewInstanceAsync(channel);
        var tablets = new long[] { 1, 2, 3 };
        await load.CreateTabletsAsync(tablets);

        var version = await load.LoadAsync("first", tablets, rows: 7);

        version.Should().Be(2);
        (await load.PartitionVersionAsync()).Should().Be(2);
        foreach (var tablet in tablets)
        {
            var stats = await load.StatsAsync(tablet);
            (stats.NumRows, stats.DataSize, stats.NumRowsets, stats.NumSegments).Should().Be((7, 70, 2, 1));
            (await load.RowsetsAsync(tablet)).RowsetMeta.Select(r => (r.StartVersion, r.EndVersion)).Should().Equal((0, 1), (2, 2));
        }
    }

    [Fact]
    public async Task Loads_of_many_clients_into_one_partition_get_consecutive_versions_and_add_up()
    {
        const int Clients = 64;
        const int LoadsPerClient = 16;
        using var channel = GrpcChannel.ForAddress(fixture.Server.Address);
        var load = await NewInstanceAsync(channel);
        var tablets = new long[] { 1, 2 };
        await load.CreateTabletsAsync(tablets);

        var versions = await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            var own = new List<long>();
            for (var i = 0; i < LoadsPerClient; i++)
            {
                own.Add(await load.LoadAsync(string.Create(CultureInfo.InvariantCulture, $"{client}-{i}"), tablets, rows: client + 1));
            }

            return own;
        }));

        const int Loads = Clients * LoadsPerClient;
        versions.SelectMany(v => v).Order().Should().Equal(Enumerable.Range(2, Loads).Select(v => (long)v));
        (await load.PartitionVersionAsync()).Should().Be(Loads + 1);
        const long Rows = LoadsPerClient * Clients * (Clients + 1) / 2;
        foreach (var tablet in tablets)
        {
            var stats = await load.StatsAsync(tablet);
            (stats.NumRows, stats.NumRowsets).Should().Be((Rows, Loads + 1));
            (await load.RowsetsAsync(tablet)).RowsetMeta.Should().HaveCount(Loads + 1);
        }
    }

    [Fact]
    public async Task A_refusal_is_a_status_in_the_response()
    {
        using var channel = GrpcChannel.ForAddress(fixture.Server.Address);
        var response = await new Client(channel).get_tabletAsync(
            new GetTabletRequest { CloudUniqueId = "1:no-such-instance:be", TabletId = 1 });
        response.Status.Code.Should().NotBe(MetaServiceCode.Ok);
        response.Status.Msg.Should().NotBeEmpty();
    }

    [Fact]
    public async Task An_rpc_that_is_not_offered_is_unimplemented()
    {
        using var channel = GrpcChannel.ForAddress(fixture.Server.Address);
        var call = async () => await new Client(channel).begin_copyAsync(new BeginCopyRequest());
        (await call.Should().ThrowAsync<RpcException>()).Which.StatusCode.Should().Be(StatusCode.Unimplemented);
    }

    [Fact]
    public async Task The_health_service_tells_that_the_server_serves()
    {
        using var channel = GrpcChannel.ForAddress(fixture.Server.Address);
        var health = await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest());
        health.Status.Should().Be(HealthCheckResponse.Types.ServingStatus.Serving);
    }

    private static async Task<LoadClient> NewInstanceAsync(GrpcChannel channel)
    {
        var rpc = new Client(channel);
        var instanceId = $"grpc-{Guid.NewGuid():N}";
        var created = await rpc.create_instanceAsync(new CreateInstanceRequest
        {
            InstanceId = instanceId,
            UserId = "u",
            Vault = new StorageVaultPB
            {
                ObjInfo = new ObjectStoreInfoPB
                {
                    Ak = "ak",
                    Sk = "sk",
                    Bucket = "b",
                    Endpoint = "e",
                    ExternalEndpoint = "e",
                    Region = "r",
                    Provider = ObjectStoreInfoPB.Types.Provider.S3,
                },
            },
        });
        LoadClient.Expect(MetaServiceCode.Ok, created.Status);
        return new LoadClient(rpc, instanceId);
    }
}
