using MetaService.Bench.Targets;

namespace MetaService.Bench.Workloads;

/// <summary>Instances with one COMPUTE cluster each, to add nodes to.</summary>
/// <param name="prefix">What their ids begin with; a number follows.</param>
internal sealed class InstancePool(MetaServer server, string prefix, int count)
{
    public const string ClusterId = "compute1";

    public string Prefix => prefix;

    public int Count => count;

    /// <summary>The body of a request that adds a cluster or a node to one.</summary>
    public static string ClusterJson(string instanceId, string node) =>
        $$$"""
        {"instance_id": "{{{instanceId}}}", "cluster": {"cluster_id": "{{{ClusterId}}}", "cluster_name": "{{{ClusterId}}}", "type": "COMPUTE",
        "nodes": [{"cloud_unique_id": "1:{{{instanceId}}}:{{{node}}}", "ip": "172.21.0.5", "heartbeat_port": 9050}]}}
        """;

    public static async Task<InstancePool> CreateAsync(MetaServer server, string prefix, int count, CancellationToken cancellationToken)
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, count), Options(cancellationToken), async (n, token) =>
        {
            var id = $"{prefix}{n}";
            await server.PutAsync("create_instance", CreateInstance.RequestJson(id), token);
            await server.PutAsync("add_cluster", ClusterJson(id, "first"), token);
        });
        return new InstancePool(server, prefix, count);
    }

    /// <summary>How many different nodes were added to all of them together.</summary>
    public async Task<long> CountAddedAsync(CancellationToken cancellationToken)
    {
        long added = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, count), Options(cancellationToken), async (n, token) =>
        {
            var instance = await server.GetAsync("get_instance", $"instance_id={prefix}{n}", token);
            var nodes = instance["clusters"]![0]!["nodes"]!.AsArray().Select(node => (string)node!["cloud_unique_id"]!);
            Interlocked.Add(ref added, nodes.Distinct().Count() - 1);
        });
        return added;
    }

    private static ParallelOptions Options(CancellationToken cancellationToken) =>
        new() { MaxDegreeOfParallelism = 32, CancellationToken = cancellationToken };
}
