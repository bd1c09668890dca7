using MetaService.Domain.Audit;
using MetaService.Domain.Instances;
using MetaService.Domain.Secrets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Own;
using MetaService.Security;
using MetaService.Storage;
using MetaService.Storage.RocksDb;

namespace MetaService.Bench.Scale;

/// <summary>
/// Fills a data directory with example instances, many in each transaction, as a server would have left it: secrets sealed with the key in
/// the directory, nodes in the index.
/// </summary>
internal static class StoreFiller
{
    private const int InstancesPerTransaction = 500;
    private const int TransactionsAtATime = 4;

    /// <summary>The id of one of the instances.</summary>
    public static string Id(int number) => $"s{number}";

    public static async Task FillAsync(string directory, int instances, CancellationToken cancellationToken)
    {
        var key = SecretKey.Generate(1);
        var keyFile = Path.Combine(directory, RocksDbKvStoreOptions.KeyFileName);
        await File.WriteAllTextAsync(keyFile, KeyringText.Line(key) + "\n", cancellationToken);
        File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var time = TimeProvider.System;
        await using var store = RocksDbKvStore.Open(new RocksDbKvStoreOptions { Directory = directory }, time);
        var runner = new TransactionRunner(store, time);
        using var keys = new SecretKeys(new OneKey(key), new SecretOptions(), runner, time);
        await keys.StartAsync(cancellationToken);
        var secrets = new SealedRecords(keys, new SecretOptions());
        await Parallel.ForEachAsync(
            Enumerable.Range(0, instances).Chunk(InstancesPerTransaction),
            new ParallelOptions { MaxDegreeOfParallelism = TransactionsAtATime, CancellationToken = cancellationToken },
            async (numbers, stop) => await runner.RunAsync(
                async (transaction, token) =>
                {
                    foreach (var number in numbers)
                    {
                        await AddAsync(transaction, secrets, Id(number), token);
                    }

                    return true;
                },
                stop));
    }

    private static async ValueTask AddAsync(IKvTransaction transaction, SealedRecords secrets, string id, CancellationToken cancellationToken)
    {
        var instance = ExampleInstance.Record(id);
        await secrets.SaveAsync(new AuditedChange(transaction, origin: null), id, instance, cancellationToken);
        foreach (var node in instance.Clusters.SelectMany(c => c.Nodes).Select(n => n.CloudUniqueId).Distinct())
        {
            transaction.Set(Key.NodeOwner(node), new NodeOwnerPB { InstanceId = id });
        }
    }
}
