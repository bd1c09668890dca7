using System.Collections.Immutable;

namespace MetaService.ReliabilityTests.Linearizability;

/// <summary>
/// What the API answers and changes, as a pure function: the rules of docs/api.md for the calls that <see cref="Call"/> can make.
/// An answer is the HTTP status, the code, and for reads what they show.
/// </summary>
internal static class ApiModel
{
    public const string Ok = "200";
    public const string BadRequest = "400 INVALID_ARGUMENT";
    public const string NotFound = "404 NOT_FOUND";
    public const string Exists = "409 ALREADY_EXISTED";

    /// <summary>The cases for which the API document promises this, not a defect.</summary>
    public const string Documented = "500 INTERNAL_ERROR";

    public const string FirstStatus = "NORMAL";

    private static readonly HashSet<(string From, string To)> StatusChanges =
    [
        ("NORMAL", "SUSPENDED"), ("SUSPENDED", "TO_RESUME"), ("TO_RESUME", "NORMAL"), ("SUSPENDED", "NORMAL"),
        ("NORMAL", "MANUAL_SHUTDOWN"), ("MANUAL_SHUTDOWN", "NORMAL"),
    ];

    /// <summary>What a call changes and answers.</summary>
    public static (World World, string Answer) Apply(World world, Call call)
    {
        var instance = world.Find(call.Instance);
        switch (call.Endpoint)
        {
            case Endpoint.CreateInstance:
                return instance is null
                    ? (world.With(call.Instance, new Instance(call.Name, IsDropped: false, [])), Ok)
                    : (world, Exists);
            case Endpoint.GetInstance:
                return (world, instance is null ? NotFound : $"{Ok} {instance}");
            case Endpoint.GetCluster:
                return (world, Show(instance?.Find(call.Cluster)));
            case Endpoint.GetClusterOfNode:
                return (world, world.OwnerOf(call.Node) is { } owner ? Show(owner.Find(call.Cluster)) : BadRequest);
        }

        if (instance is null or { IsDropped: true })
        {
            return (world, NotFound);
        }

        var (changed, answer) = Change(world, instance, call);
        return (answer == Ok ? world.With(call.Instance, changed) : world, answer);
    }

    /// <summary>How a cluster is shown.</summary>
    private static string Show(Cluster? cluster) => cluster is null ? NotFound : $"{Ok} {cluster}";

    private static (Instance Instance, string Answer) Change(World world, Instance instance, Call call)
    {
        switch (call.Endpoint)
        {
            case Endpoint.DropInstance:
                return instance.Clusters.Count > 0 ? (instance, BadRequest) : (instance with { IsDropped = true }, Ok);
            case Endpoint.RenameInstance:
                return (instance with { Name = call.Name }, Ok);
            case Endpoint.AddCluster:
                return AddCluster(world, instance, call);
            case Endpoint.DropCluster:
                var dropped = instance.Clusters.Find(c => c.Id == call.Cluster && c.Name == call.Name);
                return dropped is null
                    ? (instance, Documented)
                    : (instance with { Clusters = instance.Clusters.Remove(dropped) }, Ok);
        }

        if (instance.Find(call.Cluster) is not { } cluster)
        {
            return (instance, NotFound);
        }

        var (changed, answer) = ChangeCluster(world, instance, cluster, call);
        return (instance with { Clusters = instance.Clusters.Replace(cluster, changed) }, answer);
    }

    private static (Instance Instance, string Answer) AddCluster(World world, Instance instance, Call call)
    {
        var isTaken = instance.Clusters.Exists(c => c.Id == call.Cluster || c.Name == call.Name)
            || (call.Node.Length > 0 && world.OwnerOf(call.Node) is not null);
        if (isTaken)
        {
            return (instance, Exists);
        }

        ImmutableList<string> nodes = call.Node.Length > 0 ? [call.Node] : [];
        return (instance with { Clusters = instance.Clusters.Add(new Cluster(call.Cluster, call.Name, FirstStatus, nodes)) }, Ok);
    }

    private static (Cluster Cluster, string Answer) ChangeCluster(World world, Instance instance, Cluster cluster, Call call)
    {
        switch (call.Endpoint)
        {
            case Endpoint.RenameCluster when cluster.Name == call.Name:
                return (cluster, Documented);
            case Endpoint.RenameCluster when instance.Clusters.Exists(c => c.Name == call.Name):
                return (cluster, Exists);
            case Endpoint.RenameCluster:
                return (cluster with { Name = call.Name }, Ok);
            case Endpoint.SetClusterStatus when !StatusChanges.Contains((cluster.Status, call.Name)):
                return (cluster, BadRequest);
            case Endpoint.SetClusterStatus:
                return (cluster with { Status = call.Name }, Ok);
            case Endpoint.AddNode when world.OwnerOf(call.Node) is not null:
                return (cluster, Documented);
            case Endpoint.AddNode:
                return (cluster with { Nodes = cluster.Nodes.Add(call.Node) }, Ok);
            case Endpoint.DropNode when !cluster.Nodes.Contains(call.Node):
                return (cluster, Documented);
            case Endpoint.DropNode:
                return (cluster with { Nodes = cluster.Nodes.Remove(call.Node) }, Ok);
            default:
                throw new NotSupportedException($"the model does not know {call.Endpoint}");
        }
    }
}
