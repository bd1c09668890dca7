using MetaService.Domain.Instances;
using MetaService.Domain.Tablets;
using MetaService.Records.Cloud;
using MetaService.Storage;
using MetaService.UnitTests.Domain;
using MetaService.UnitTests.Security;

namespace MetaService.UnitTests.Maintenance;

/// <summary>Fills a store through the services, as servers do.</summary>
internal static class StoreFiller
{
    private const int TabletsPerRequest = 50;

    /// <summary>
    /// Creates instances with a vault each, and tablets in the first of them. The key that seals the vaults is noted in one more
    /// pair.
    /// </summary>
    public static async Task FillAsync(IKvStore store, int instances, int tablets)
    {
        var runner = new TransactionRunner(store, TimeProvider.System);
        var service = new InstanceService(runner, TimeProvider.System, TestKeys.Sealing(runner));
        await Parallel.ForEachAsync(
            Enumerable.Range(0, instances),
            async (n, token) => await service.CreateAsync(Instance($"i{n}"), token));

        var tabletService = new TabletService(runner);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, tablets).Chunk(TabletsPerRequest),
            async (chunk, token) =>
            {
                var request = TabletWorld.CreateTablets([.. chunk.Select(n => 50_000L + n)]);
                request.CloudUniqueId = "1:i0:be";
                request.StorageVaultName = "built_in_storage_vault";
                await tabletService.CreateTabletsAsync(request, token);
            });
    }

    private static CreateInstanceRequest Instance(string id) => new()
    {
        InstanceId = id,
        Name = id,
        UserId = "user",
        Vault = new StorageVaultPB
        {
            ObjInfo = new ObjectStoreInfoPB
            {
                Ak = $"ak {id}",
                Sk = $"sk {id}",
                Bucket = "bucket",
                Prefix = id,
                Endpoint = "s3.example.com",
                ExternalEndpoint = "s3.example.com",
                Region = "region",
                Provider = ObjectStoreInfoPB.Types.Provider.S3,
            },
        },
    };
}
