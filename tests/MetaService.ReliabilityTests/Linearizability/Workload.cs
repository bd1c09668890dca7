using System.Globalization;

namespace MetaService.ReliabilityTests.Linearizability;

/// <summary>
/// Random calls on few ids, so that they meet. A world is two instances and three nodes that either may have; calls go to two
/// worlds at a time and then to the next two, since instances that are dropped are never free again.
/// </summary>
internal sealed class Workload(string prefix)
{
    private const int CallsPerWorld = 120;

    private static readonly string[] Instances = ["a", "b"];
    private static readonly string[] Clusters = ["c1", "c2", "c3"];
    private static readonly string[] ClusterNames = ["x", "y", "z"];
    private static readonly string[] Nodes = ["n1", "n2", "n3"];
    private static readonly string[] Statuses = ["NORMAL", "SUSPENDED", "TO_RESUME", "MANUAL_SHUTDOWN"];

    private static readonly (Endpoint Endpoint, int Weight)[] Weights =
    [
        (Endpoint.CreateInstance, 12), (Endpoint.DropInstance, 4), (Endpoint.RenameInstance, 12), (Endpoint.AddCluster, 16),
        (Endpoint.DropCluster, 8), (Endpoint.RenameCluster, 8), (Endpoint.SetClusterStatus, 8), (Endpoint.AddNode, 14),
        (Endpoint.DropNode, 8), (Endpoint.GetInstance, 8), (Endpoint.GetCluster, 4), (Endpoint.GetClusterOfNode, 10),
    ];

    private static readonly int TotalWeight = Weights.Sum(w => w.Weight);

    /// <summary>A call for a position in the run.</summary>
    public Call Next(Random random, int position)
    {
        var world = (position / (2 * CallsPerWorld) * 2) + random.Next(2);
        var instance = $"{WorldName(world)}-{Pick(random, Instances)}";
        var cluster = Pick(random, Clusters);
        var node = $"{WorldName(world)}-{Pick(random, Nodes)}";
        var clusterName = Pick(random, ClusterNames);

        // Each instance name is used once, so that a reader can tell which call it sees.
        var name = string.Create(CultureInfo.InvariantCulture, $"name{position}");
        return PickEndpoint(random) switch
        {
            Endpoint.CreateInstance => new Call(Endpoint.CreateInstance, instance, Name: name),
            Endpoint.RenameInstance => new Call(Endpoint.RenameInstance, instance, Name: name),
            Endpoint.AddCluster => new Call(Endpoint.AddCluster, instance, cluster, clusterName, random.Next(2) == 0 ? node : ""),
            Endpoint.SetClusterStatus => new Call(Endpoint.SetClusterStatus, instance, cluster, Pick(random, Statuses)),
            Endpoint.GetClusterOfNode => new Call(Endpoint.GetClusterOfNode, "", cluster, Node: node),
            Endpoint.DropCluster => new Call(Endpoint.DropCluster, instance, cluster, clusterName),
            Endpoint.RenameCluster => new Call(Endpoint.RenameCluster, instance, cluster, clusterName),
            Endpoint.AddNode => new Call(Endpoint.AddNode, instance, cluster, Node: node),
            Endpoint.DropNode => new Call(Endpoint.DropNode, instance, cluster, Node: node),
            Endpoint.GetCluster => new Call(Endpoint.GetCluster, instance, cluster),
            var endpoint => new Call(endpoint, instance),
        };
    }

    /// <summary>Reads that show all there is to see after so many calls.</summary>
    public IEnumerable<Call> LastReads(int calls)
    {
        var worlds = (((calls - 1) / (2 * CallsPerWorld)) + 1) * 2;
        foreach (var world in Enumerable.Range(0, worlds).Select(WorldName))
        {
            foreach (var instance in Instances)
            {
                yield return new Call(Endpoint.GetInstance, $"{world}-{instance}");
            }

            foreach (var (node, cluster) in Nodes.SelectMany(node => Clusters.Select(cluster => (node, cluster))))
            {
                yield return new Call(Endpoint.GetClusterOfNode, "", cluster, Node: $"{world}-{node}");
            }
        }
    }

    /// <summary>The world that a call goes to: calls of different worlds can be judged apart.</summary>
    public static string WorldOf(Call call)
    {
        var id = call.Instance.Length > 0 ? call.Instance : call.Node;
        return id[..id.LastIndexOf('-')];
    }

    private string WorldName(int world) => string.Create(CultureInfo.InvariantCulture, $"{prefix}-w{world}");

    private static Endpoint PickEndpoint(Random random)
    {
        var point = random.Next(TotalWeight);
        return Weights.First(w => (point -= w.Weight) < 0).Endpoint;
    }

    private static string Pick(Random random, string[] choices) => choices[random.Next(choices.Length)];
}
