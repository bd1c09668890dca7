using MetaService.Json;
using MetaService.Records.Cloud;
using ClusterType = MetaService.Records.Cloud.ClusterPB.Types.Type;
using NodeStatus = MetaService.Records.Cloud.NodeStatusPB;

namespace MetaService.Domain.Clusters;

/// <summary>Rules for the clusters of an instance; pure functions of records. Times are unix seconds.</summary>
public static class ClusterRules
{
    private static readonly HashSet<(ClusterStatus From, ClusterStatus To)> AllowedChanges =
    [
        (ClusterStatus.Unknown, ClusterStatus.Normal),
        (ClusterStatus.Normal, ClusterStatus.Suspended),
        (ClusterStatus.Suspended, ClusterStatus.ToResume),
        (ClusterStatus.ToResume, ClusterStatus.Normal),
        (ClusterStatus.Suspended, ClusterStatus.Normal),
        (ClusterStatus.Normal, ClusterStatus.ManualShutdown),
        (ClusterStatus.ManualShutdown, ClusterStatus.Normal),
    ];

    /// <summary>Checks a new cluster as far as that needs no instance, and completes it.</summary>
    /// <param name="strictNames">Whether the name must be an identifier.</param>
    public static void Prepare(ClusterPB cluster, bool strictNames, long now)
    {
        Check.Name(cluster.ClusterId, "cluster.cluster_id");
        Check.ClusterName(cluster.ClusterName, strictNames);
        RequireType(cluster);
        NodeRules.Prepare(cluster.Nodes, cluster.Type, now);
        if (cluster.Type == ClusterType.Sql)
        {
            var masters = NodeRules.Masters(cluster.Nodes);
            var followers = NodeRules.Followers(cluster.Nodes);
            if (followers == 0 ? masters != 1 : masters > 1)
            {
                throw Errors.WrongMasterCount(masters);
            }

            if (followers > 0 && masters > 0)
            {
                throw Errors.Invalid(
                    "cluster is SQL type: give one FE_MASTER with FE_OBSERVER nodes, or FE_FOLLOWER nodes without FE_MASTER");
            }
        }
        else
        {
            cluster.ClusterStatus = ClusterStatus.Normal;
        }
    }

    /// <summary>Adds a prepared cluster to an instance.</summary>
    public static void Add(InstanceInfoPB instance, ClusterPB cluster)
    {
        if (instance.Clusters.Any(c => c.ClusterId == cluster.ClusterId))
        {
            throw Errors.ClusterIdInUse(cluster.ClusterId);
        }

        if (instance.Clusters.Any(c => c.ClusterName == cluster.ClusterName))
        {
            throw Errors.ClusterNameInUse(cluster.ClusterName);
        }

        foreach (var node in cluster.Nodes)
        {
            if (FindNode(instance, node, cluster.Type) is { } holder)
            {
                throw Errors.NodeOccupied(instance.InstanceId, holder, node.CloudUniqueId);
            }
        }

        instance.Clusters.Add(cluster);
    }

    /// <summary>Removes a cluster, which both its id and its name must point at, and returns it.</summary>
    public static ClusterPB Drop(InstanceInfoPB instance, ClusterPB wanted)
    {
        Check.Given(wanted.ClusterId, "cluster.cluster_id");
        Check.Given(wanted.ClusterName, "cluster.cluster_name");
        var cluster = instance.Clusters.FirstOrDefault(
            c => c.ClusterId == wanted.ClusterId && c.ClusterName == wanted.ClusterName)
            ?? throw Errors.ClusterToDropNotFound(instance.InstanceId, wanted);
        instance.Clusters.Remove(cluster);
        return cluster;
    }

    /// <summary>Gives a cluster a new name.</summary>
    /// <param name="replaceEmpty">Whether a cluster without nodes that has the name is removed to make way.</param>
    public static void Rename(InstanceInfoPB instance, ClusterPB wanted, bool replaceEmpty, bool strictNames)
    {
        Check.Given(wanted.ClusterId, "cluster.cluster_id");
        Check.ClusterName(wanted.ClusterName, strictNames);
        var cluster = ById(instance, wanted);
        if (cluster.ClusterName == wanted.ClusterName)
        {
            throw Errors.RenameToSameName(ProtoJsonWriter.ToText(cluster, ProtoJsonStyle.Rpc));
        }

        var holder = instance.Clusters.FirstOrDefault(c => c.ClusterName == wanted.ClusterName);
        if (holder is not null)
        {
            if (!replaceEmpty || holder.Nodes.Count > 0)
            {
                throw Errors.RenameToNameInUse(wanted.ClusterName);
            }

            instance.Clusters.Remove(holder);
        }

        cluster.ClusterName = wanted.ClusterName;
    }

    /// <summary>Replaces the users whose default cluster this is.</summary>
    public static void SetMysqlUserNames(InstanceInfoPB instance, ClusterPB wanted)
    {
        Check.Given(wanted.ClusterId, "cluster.cluster_id");
        if (wanted.MysqlUserName.Count == 0)
        {
            throw Errors.NoMysqlUserName();
        }

        foreach (var name in wanted.MysqlUserName)
        {
            Check.Given(name, "cluster.mysql_user_name");
        }

        var cluster = ById(instance, wanted);
        cluster.MysqlUserName.Clear();
        cluster.MysqlUserName.Add(wanted.MysqlUserName);
    }

    /// <summary>Sets the addresses under which clients reach the cluster.</summary>
    public static void SetEndpoint(InstanceInfoPB instance, ClusterPB wanted)
    {
        Check.Given(wanted.ClusterId, "cluster.cluster_id");
        Check.Given(wanted.PrivateEndpoint, "cluster.private_endpoint");
        var cluster = ById(instance, wanted);
        cluster.PrivateEndpoint = wanted.PrivateEndpoint;
        if (wanted.HasPublicEndpoint)
        {
            cluster.PublicEndpoint = wanted.PublicEndpoint;
        }
    }

    /// <summary>Moves a COMPUTE cluster along one of the allowed changes of status.</summary>
    public static void SetStatus(InstanceInfoPB instance, ClusterPB wanted)
    {
        Check.Given(wanted.ClusterId, "cluster.cluster_id");
        if (!wanted.HasClusterStatus)
        {
            throw Errors.Missing("cluster.cluster_status");
        }

        var cluster = ById(instance, wanted);
        if (cluster.Type != ClusterType.Compute)
        {
            throw Errors.StatusOfSqlCluster();
        }

        var (from, to) = (cluster.ClusterStatus, wanted.ClusterStatus);
        if (from == to)
        {
            throw Errors.ClusterStatusUnchanged(StatusName(from));
        }

        if (!AllowedChanges.Contains((from, to)))
        {
            throw Errors.ClusterStatusForbidden(StatusName(from), StatusName(to));
        }

        cluster.ClusterStatus = to;
    }

    /// <summary>Adds nodes to a cluster.</summary>
    public static void AddNodes(InstanceInfoPB instance, ClusterPB wanted, long now)
    {
        var cluster = ForNodes(instance, wanted);
        NodeRules.Prepare(wanted.Nodes, cluster.Type, now);
        foreach (var node in wanted.Nodes)
        {
            if (FindNode(instance, node, cluster.Type) is { } holder)
            {
                throw Errors.NodeToAddOccupied(instance.InstanceId, holder, node.CloudUniqueId);
            }

            node.Status = NodeStatus.NodeStatusRunning;
            cluster.Nodes.Add(node);
        }

        var masters = NodeRules.Masters(cluster.Nodes);
        if (cluster.Type == ClusterType.Sql && (masters > 1 || (masters == 0 && NodeRules.Followers(cluster.Nodes) == 0)))
        {
            throw Errors.WrongMasterCount(masters);
        }
    }

    /// <summary>Removes nodes from a cluster and returns the ids they had.</summary>
    public static IReadOnlyList<string> DropNodes(InstanceInfoPB instance, ClusterPB wanted)
    {
        var cluster = ForNodes(instance, wanted);
        NodeRules.CheckAll(wanted.Nodes, cluster.Type);
        foreach (var node in wanted.Nodes)
        {
            var stored = cluster.Nodes.FirstOrDefault(n => NodeRules.IsSame(n, node, cluster.Type))
                ?? throw Errors.NodeToDropNotFound(instance.InstanceId, cluster, node.CloudUniqueId);
            cluster.Nodes.Remove(stored);
        }

        if (cluster.Type == ClusterType.Sql && NodeRules.Masters(cluster.Nodes) + NodeRules.Followers(cluster.Nodes) == 0)
        {
            throw Errors.Invalid("a SQL cluster must keep at least one FE_MASTER or FE_FOLLOWER");
        }

        return [.. wanted.Nodes.Select(n => n.CloudUniqueId)];
    }

    /// <summary>Sets the status of nodes, as decommissioning does in two steps.</summary>
    public static void SetNodeStatus(InstanceInfoPB instance, ClusterPB wanted, NodeStatus status, long now)
    {
        var cluster = ForNodes(instance, wanted);
        NodeRules.CheckAll(wanted.Nodes, cluster.Type);
        foreach (var node in wanted.Nodes)
        {
            var stored = cluster.Nodes.FirstOrDefault(n => NodeRules.IsSame(n, node, cluster.Type))
                ?? throw Errors.NodeNotFound(instance.InstanceId, cluster, node.CloudUniqueId);
            stored.Status = status;
            stored.Mtime = now;
        }
    }

    /// <summary>The name of a status on the wire.</summary>
    public static string StatusName(ClusterStatus status) => status switch
    {
        ClusterStatus.Normal => "NORMAL",
        ClusterStatus.Suspended => "SUSPENDED",
        ClusterStatus.ToResume => "TO_RESUME",
        ClusterStatus.ManualShutdown => "MANUAL_SHUTDOWN",
        _ => "UNKNOWN",
    };

    /// <summary>The cluster that holds a node, or null.</summary>
    public static ClusterPB? FindNode(InstanceInfoPB instance, NodeInfoPB node, ClusterType type) =>
        instance.Clusters.FirstOrDefault(c => c.Type == type && c.Nodes.Any(n => NodeRules.IsSame(n, node, type)));

    private static ClusterPB ById(InstanceInfoPB instance, ClusterPB wanted) =>
        instance.Clusters.FirstOrDefault(c => c.ClusterId == wanted.ClusterId)
        ?? throw Errors.ClusterToChangeNotFound(instance.InstanceId, wanted);

    private static ClusterPB ForNodes(InstanceInfoPB instance, ClusterPB wanted)
    {
        Check.Given(wanted.ClusterId, "cluster.cluster_id");
        RequireType(wanted);
        if (wanted.Nodes.Count == 0)
        {
            throw Errors.Missing("cluster.nodes");
        }

        var cluster = ById(instance, wanted);
        if (wanted.ClusterName.Length > 0 && wanted.ClusterName != cluster.ClusterName)
        {
            throw Errors.Invalid($"cluster.cluster_name is not the name of cluster {wanted.ClusterId}");
        }

        return wanted.Type == cluster.Type
            ? cluster
            : throw Errors.Invalid($"cluster.type is not the type of cluster {wanted.ClusterId}");
    }

    private static void RequireType(ClusterPB cluster)
    {
        if (!cluster.HasType)
        {
            throw Errors.Missing("cluster.type");
        }

        if (cluster.Type is not (ClusterType.Sql or ClusterType.Compute))
        {
            throw Errors.Invalid("cluster.type must be SQL or COMPUTE");
        }
    }
}
