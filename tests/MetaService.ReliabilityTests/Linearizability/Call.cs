namespace MetaService.ReliabilityTests.Linearizability;

/// <summary>The endpoints under test.</summary>
internal enum Endpoint
{
    CreateInstance,
    DropInstance,
    RenameInstance,
    AddCluster,
    DropCluster,
    RenameCluster,
    SetClusterStatus,
    AddNode,
    DropNode,
    GetInstance,

    /// <summary>get_cluster by instance and cluster id.</summary>
    GetCluster,

    /// <summary>get_cluster by node and cluster id, which has to look the node up.</summary>
    GetClusterOfNode,
}

/// <summary>A request. What an endpoint has no use for is empty.</summary>
/// <param name="Name">The name of the instance or the cluster, or the status.</param>
internal sealed record Call(Endpoint Endpoint, string Instance, string Cluster = "", string Name = "", string Node = "")
{
    public bool IsRead => Endpoint is Endpoint.GetInstance or Endpoint.GetCluster or Endpoint.GetClusterOfNode;

    public override string ToString() =>
        $"{Endpoint}({string.Join(", ", new[] { Instance, Cluster, Name, Node }.Where(part => part.Length > 0))})";
}

/// <summary>A request that was sent, and what came of it. Times are positions in one sequence of all events of a run.</summary>
/// <param name="Returned">When the reply was there; <see cref="Never"/> when there is none or it tells nothing.</param>
/// <param name="Answer">What the reply said, in the words of <see cref="ApiModel"/>; null when that is not known.</param>
internal sealed record Entry(int Client, Call Call, long Invoked, long Returned, string? Answer)
{
    public const long Never = long.MaxValue;

    public bool IsKnown => Answer is not null;

    public override string ToString() =>
        $"{Invoked,6} to {(Returned == Never ? "never" : Returned),6}, client {Client}: {Call} = {Answer ?? "unknown"}";
}
