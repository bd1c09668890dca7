using MetaService.Records.Cloud;
using ClusterType = MetaService.Records.Cloud.ClusterPB.Types.Type;
using NodeType = MetaService.Records.Cloud.NodeInfoPB.Types.NodeType;

namespace MetaService.Domain.Clusters;

/// <summary>Rules for the nodes of a cluster; pure functions of records. Times are unix seconds.</summary>
public static class NodeRules
{
    /// <summary>Checks the nodes of a request and completes them with their times.</summary>
    public static void Prepare(IReadOnlyList<NodeInfoPB> nodes, ClusterType type, long now)
    {
        CheckAll(nodes, type);
        foreach (var node in nodes)
        {
            if (type == ClusterType.Sql && node.NodeType == NodeType.Unknown)
            {
                throw Errors.Missing("cluster.nodes.node_type");
            }

            node.Ctime = now;
            node.Mtime = now;
        }
    }

    /// <summary>Checks that each node can be told apart: ids, address, port, none twice.</summary>
    public static void CheckAll(IReadOnlyList<NodeInfoPB> nodes, ClusterType type)
    {
        var seen = new HashSet<(string Id, string Address, int Port)>();
        foreach (var node in nodes)
        {
            CheckOne(node, type);
            var port = Port(node, type);
            var isNew = (node.Ip.Length == 0 || seen.Add((node.CloudUniqueId, node.Ip, port))) &
                (node.Host.Length == 0 || node.Host == node.Ip || seen.Add((node.CloudUniqueId, node.Host, port)));
            if (!isNew)
            {
                throw Errors.Invalid($"cluster.nodes holds one node twice, cloud_unique_id={node.CloudUniqueId}");
            }
        }
    }

    /// <summary>
    /// Whether two entries are one node: the same cloud_unique_id and port, and the same ip or host. One cloud_unique_id may serve
    /// several nodes of an instance.
    /// </summary>
    public static bool IsSame(NodeInfoPB a, NodeInfoPB b, ClusterType type) =>
        a.CloudUniqueId == b.CloudUniqueId && Port(a, type) == Port(b, type) && SharesAddress(a, b);

    /// <summary>The number of FE masters among the nodes.</summary>
    public static int Masters(IEnumerable<NodeInfoPB> nodes) => nodes.Count(n => n.NodeType == NodeType.FeMaster);

    /// <summary>The number of FE followers among the nodes.</summary>
    public static int Followers(IEnumerable<NodeInfoPB> nodes) => nodes.Count(n => n.NodeType == NodeType.FeFollower);

    private static bool SharesAddress(NodeInfoPB a, NodeInfoPB b) =>
        (a.Ip.Length > 0 && (a.Ip == b.Ip || a.Ip == b.Host)) || (a.Host.Length > 0 && (a.Host == b.Host || a.Host == b.Ip));

    private static int Port(NodeInfoPB node, ClusterType type) =>
        type == ClusterType.Sql ? node.EditLogPort : node.HeartbeatPort;

    private static void CheckOne(NodeInfoPB node, ClusterType type)
    {
        Check.Name(node.CloudUniqueId, "cluster.nodes.cloud_unique_id", Check.CloudUniqueIdLength);
        if (node.Ip.Length == 0 && node.Host.Length == 0)
        {
            throw Errors.Missing("cluster.nodes.ip (or cluster.nodes.host)");
        }

        if (type == ClusterType.Sql)
        {
            Check.Port(node.HasEditLogPort, node.EditLogPort, "cluster.nodes.edit_log_port");
        }
        else
        {
            Check.Port(node.HasHeartbeatPort, node.HeartbeatPort, "cluster.nodes.heartbeat_port");
        }
    }
}
