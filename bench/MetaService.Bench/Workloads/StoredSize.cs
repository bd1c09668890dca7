using MetaService.Bench.Scale;
using MetaService.Domain.Audit;
using MetaService.Domain.Instances;
using MetaService.Domain.Secrets;
using MetaService.Json;
using MetaService.Records.Cloud;
using MetaService.Security;
using MetaService.Storage;

namespace MetaService.Bench.Workloads;

/// <summary>How much a change writes: found by doing it on a store in memory.</summary>
internal static class StoredSize
{
    /// <summary>Bytes of the records of an instance, sealed, with so many nodes in it.</summary>
    /// <param name="requestJson">The request that creates it.</param>
    /// <param name="nodes">With none the vault counts too, which is written together with the instance.</param>
    public static int OfInstance(string requestJson, int nodes = 0)
    {
        var request = ProtoJsonReader.Read<CreateInstanceRequest>(System.Text.Encoding.UTF8.GetBytes(requestJson));
        var (instance, vault) = InstanceRules.Create(request, pathSuffix: "", now: 1669260437);
        if (nodes == 0)
        {
            return SealedSizeAsync(instance, vault!).GetAwaiter().GetResult();
        }

        var add = ProtoJsonReader.Read<AlterClusterRequest>(
            System.Text.Encoding.UTF8.GetBytes(InstancePool.ClusterJson(instance.InstanceId, "000000000000")));
        var node = add.Cluster.Nodes.Single();
        (node.Ctime, node.Mtime) = (1669260437, 1669260437);
        add.Cluster.Nodes.Add(Enumerable.Repeat(node, nodes - 1));
        instance.Clusters.Add(add.Cluster);
        return instance.CalculateSize();
    }

    private static async Task<int> SealedSizeAsync(InstanceInfoPB instance, StorageVaultPB vault)
    {
        await using var store = new InMemoryKvStore(TimeProvider.System);
        var runner = new TransactionRunner(store, TimeProvider.System);
        using var keys = new SecretKeys(new OneKey(SecretKey.Generate(1)), new SecretOptions(), runner, TimeProvider.System);
        await keys.StartAsync(CancellationToken.None);
        var secrets = new SealedRecords(keys, new SecretOptions());
        return await runner.RunAsync(async (transaction, token) =>
        {
            var change = new AuditedChange(transaction, origin: null);
            await secrets.SaveAsync(change, instance.InstanceId, instance, token);
            var key = MetaService.Keys.Key.StorageVault(instance.InstanceId, vault.Id);
            await secrets.SetAsync(change, key, vault, "the vault", token);
            var stored = await transaction.GetAsync(key.Bytes, cancellationToken: token);
            return instance.CalculateSize() + stored!.Length;
        });
    }
}
