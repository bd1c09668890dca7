using System.Text;
using Google.Protobuf;
using MetaService.Bench.Scale;
using MetaService.Domain.Audit;
using MetaService.Domain.Clusters;
using MetaService.Domain.Instances;
using MetaService.Domain.Secrets;
using MetaService.Json;
using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Security;
using MetaService.Storage;
using Operation = MetaService.Records.Cloud.AlterClusterRequest.Types.Operation;

namespace MetaService.Bench.Workloads;

/// <summary>What a change writes: found by making it on a store in memory. Lengths are of values, in bytes.</summary>
/// <param name="Records">Length of all that it writes but for the audit entry.</param>
/// <param name="Values">Lengths of all values, the audit entry among them.</param>
internal sealed record StoredChange(int Records, IReadOnlyList<int> Values)
{
    private static readonly ChangeOrigin Origin = new("bench", null, null, "bench", "0HNABCDEFGHIJ:00000001");

    /// <summary>Of a new instance.</summary>
    /// <param name="request">The request in JSON.</param>
    public static Task<StoredChange> OfInstanceAsync(string request) => RunAsync(
        Parse<CreateInstanceRequest>(request).InstanceId, _ => Task.CompletedTask, world => world.CreateAsync(request));

    /// <summary>Of a node that is added to an instance of one cluster.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="nodes">So many it has already.</param>
    public static Task<StoredChange> OfNodeAsync(string instanceId, int nodes) => RunAsync(
        instanceId,
        async world =>
        {
            await world.CreateAsync(CreateInstance.RequestJson(instanceId));
            await world.AlterAsync(Operation.AddCluster, InstancePool.ClusterJson(instanceId, NodeName(0)));
            for (var node = 1; node < nodes; node++)
            {
                await world.AlterAsync(Operation.AddNode, InstancePool.ClusterJson(instanceId, NodeName(node)));
            }
        },
        world => world.AlterAsync(Operation.AddNode, InstancePool.ClusterJson(instanceId, NodeName(nodes))));

    private static string NodeName(int node) => $"{node:D12}";

    private static T Parse<T>(string json)
        where T : class, IMessage<T>, new() => ProtoJsonReader.Read<T>(Encoding.UTF8.GetBytes(json));

    private static async Task<StoredChange> RunAsync(string instanceId, Func<World, Task> prepare, Func<World, Task> change)
    {
        await using var store = new InMemoryKvStore(TimeProvider.System);
        var runner = new TransactionRunner(store, TimeProvider.System);
        using var keys = new SecretKeys(new OneKey(SecretKey.Generate(1)), new SecretOptions(), runner, TimeProvider.System);
        await keys.StartAsync(CancellationToken.None);
        var world = new World(runner, new SealedRecords(keys, new SecretOptions()));
        await prepare(world);
        var before = (await PairsAsync(store)).ToDictionary(pair => Convert.ToHexString(pair.Key), pair => pair.Value);
        await change(world);
        var written = (await PairsAsync(store))
            .Where(pair => !before.TryGetValue(Convert.ToHexString(pair.Key), out var value) || !value.AsSpan().SequenceEqual(pair.Value))
            .ToList();
        var audit = Key.Audit(instanceId).Bytes.AsMemory(..^Versionstamp.Length);
        return new StoredChange(
            written.Where(pair => !pair.Key.AsSpan().StartsWith(audit.Span)).Sum(pair => pair.Value.Length),
            [.. written.Select(pair => pair.Value.Length)]);
    }

    private static async Task<IReadOnlyList<KvPair>> PairsAsync(InMemoryKvStore store)
    {
        using var reader = store.BeginRead();
        return (await reader.GetRangeAsync(new byte[] { 0 }, new byte[] { 0xfe })).Pairs;
    }

    private sealed class World(TransactionRunner runner, SealedRecords secrets)
    {
        private readonly InstanceService _instances = new(runner, TimeProvider.System, secrets);
        private readonly ClusterService _clusters = new(runner, TimeProvider.System, new ClusterOptions(), secrets);

        public Task CreateAsync(string request) =>
            _instances.CreateAsync(Parse<CreateInstanceRequest>(request), Origin, CancellationToken.None);

        public Task AlterAsync(Operation operation, string request)
        {
            var parsed = Parse<AlterClusterRequest>(request);
            parsed.Op = operation;
            return _clusters.AlterAsync(parsed, Origin, CancellationToken.None);
        }
    }
}
