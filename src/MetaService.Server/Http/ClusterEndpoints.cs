using Google.Protobuf;
using MetaService.Domain.Clusters;
using MetaService.Records.Cloud;
using MetaService.Server.Access;
using MetaService.Storage;
using Operation = MetaService.Records.Cloud.AlterClusterRequest.Types.Operation;

namespace MetaService.Server.Http;

/// <summary>Endpoints on clusters and nodes.</summary>
public static class ClusterEndpoints
{
    public static void Map(HttpApi api, ClusterService clusters)
    {
        api.Group = "Clusters";
        Alter("add_cluster", "Adds a cluster with its nodes to an instance.", Operation.AddCluster);
        Alter("drop_cluster", "Removes a cluster and its nodes.", Operation.DropCluster);
        Alter("rename_cluster", "Gives a cluster a new name.", Operation.RenameCluster);
        Alter(
            "update_cluster_mysql_user_name", "Replaces the users whose default cluster this is.", Operation.UpdateClusterMysqlUserName);
        Alter("update_cluster_endpoint", "Sets the addresses under which clients reach a cluster.", Operation.UpdateClusterEndpoint);
        Alter("set_cluster_status", "Moves a COMPUTE cluster to another status.", Operation.SetClusterStatus);
        Alter("add_node", "Adds nodes to a cluster, all or none.", Operation.AddNode);
        Alter("drop_node", "Removes nodes from a cluster, all or none.", Operation.DropNode);
        Alter("decommission_node", "Marks nodes as being decommissioned, all or none.", Operation.DecommissionNode);
        Alter("notify_decommissioned", "Marks nodes as decommissioned, all or none.", Operation.NotifyDecommissioned);
        api.Read<GetClusterRequest, IMessage>(
            "get_cluster", Scopes.Read, "Shows one cluster of an instance, or all of them.", GetAsync);
        api.Read<GetClusterStatusRequest, GetClusterStatusResponse>(
            "get_cluster_status", Scopes.Read, "Lists the status of the COMPUTE clusters of instances.", clusters.GetStatusAsync);

        void Alter(string name, string summary, Operation op) => api.Change<AlterClusterRequest>(name, summary, (request, origin, token) =>
        {
            request.Op = op;
            return clusters.AlterAsync(request, origin, token);
        });

        async Task<IMessage> GetAsync(GetClusterRequest request, ReadTrace? trace, CancellationToken token)
        {
            var response = await clusters.GetAsync(request, trace, token).ConfigureAwait(false);
            var isFiltered = request.ClusterId.Length > 0 || request.ClusterName.Length > 0 || request.MysqlUserName.Length > 0;
            return isFiltered ? response.Cluster[0] : response;
        }
    }
}
