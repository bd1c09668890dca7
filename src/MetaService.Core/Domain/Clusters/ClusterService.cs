using MetaService.Domain.Audit;
using MetaService.Domain.Instances;
using MetaService.Domain.Secrets;
using MetaService.Json;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;
using ClusterType = MetaService.Records.Cloud.ClusterPB.Types.Type;
using Operation = MetaService.Records.Cloud.AlterClusterRequest.Types.Operation;

namespace MetaService.Domain.Clusters;

/// <summary>Settings of the cluster operations.</summary>
public sealed class ClusterOptions
{
    /// <summary>
    /// Whether new cluster names must match <c>[a-zA-Z][0-9a-zA-Z_]*</c>. Switch off only while data with other names is migrated.
    /// </summary>
    public bool StrictNames { get; set; } = true;
}

/// <summary>Clusters and nodes; each method is one transaction.</summary>
public sealed class ClusterService(TransactionRunner runner, TimeProvider time, ClusterOptions options, SealedRecords secrets)
{
    /// <summary>Changes a cluster of an instance as <see cref="AlterClusterRequest.Op"/> says.</summary>
    /// <exception cref="MetaServiceException">The change is refused; nothing was written.</exception>
    public Task AlterAsync(AlterClusterRequest request, ChangeOrigin origin, CancellationToken cancellationToken)
    {
        if (request.Cluster is null)
        {
            throw Errors.Missing("cluster");
        }

        // The nodes of an instance come all at once, and all change one record.
        var named = InstanceResolver.NamedInstance(request.InstanceId, request.CloudUniqueId);
        return AuditedChange.RunInTurnAsync(
            runner,
            named is null ? null : Key.Instance(named).Bytes,
            origin,
            time,
            async (change, token) =>
            {
                var transaction = change.Transaction;
                var instanceId = await InstanceResolver
                    .ResolveAsync(transaction, request.InstanceId, request.CloudUniqueId, token).ConfigureAwait(false);
                var now = time.GetUtcNow().ToUnixTimeSeconds();
                var cluster = request.Cluster.Clone(); // A transaction may run again: the request must stay as it came.
                if (request.Op == Operation.AddCluster)
                {
                    ClusterRules.Prepare(cluster, options.StrictNames, now);
                }

                var instance = await InstanceStore.LoadForChangeAsync(transaction, instanceId, token).ConfigureAwait(false);
                await ApplyAsync(transaction, instance, cluster, request, now, token).ConfigureAwait(false);
                await secrets.SaveAsync(change, instanceId, instance, token).ConfigureAwait(false);
                return true;
            },
            cancellationToken);
    }

    /// <summary>The cluster that the filters point at, or all clusters when there is no filter.</summary>
    /// <exception cref="MetaServiceException">There is none, or the instance cannot be told.</exception>
    public Task<GetClusterResponse> GetAsync(GetClusterRequest request, CancellationToken cancellationToken) =>
        GetAsync(request, trace: null, cancellationToken);

    /// <summary>The same, with a trace of what was read.</summary>
    /// <exception cref="MetaServiceException">There is none, or the instance cannot be told.</exception>
    public Task<GetClusterResponse> GetAsync(GetClusterRequest request, ReadTrace? trace, CancellationToken cancellationToken) =>
        runner.ReadAsync(
            async (reader, token) =>
            {
                var instanceId = await InstanceResolver.ResolveAsync(reader, request.CloudUniqueId, token).ConfigureAwait(false);
                var instance = await reader.GetAsync(Key.Instance(instanceId), cancellationToken: token).ConfigureAwait(false);
                var response = new GetClusterResponse();
                response.Cluster.Add(Select(instance?.Clusters ?? [], request));
                if (response.Cluster.Count == 0)
                {
                    throw Errors.ClusterNotFound(ProtoText.ShortDebugString(request));
                }

                response.EnableStorageVault = instance!.EnableStorageVault;
                return response;
            },
            trace,
            cancellationToken);

    /// <summary>The status of the COMPUTE clusters of several instances; those unknown or dropped are left out.</summary>
    public Task<GetClusterStatusResponse> GetStatusAsync(GetClusterStatusRequest request, CancellationToken cancellationToken) =>
        GetStatusAsync(request, trace: null, cancellationToken);

    /// <summary>The same, with a trace of what was read.</summary>
    public Task<GetClusterStatusResponse> GetStatusAsync(
        GetClusterStatusRequest request, ReadTrace? trace, CancellationToken cancellationToken)
    {
        if (request.InstanceIds.Count == 0 && request.CloudUniqueIds.Count == 0)
        {
            throw Errors.Missing("instance_ids");
        }

        return runner.ReadAsync(
            async (reader, token) =>
            {
                var response = new GetClusterStatusResponse();
                var instanceIds = request.InstanceIds.Count > 0
                    ? [.. request.InstanceIds]
                    : await ResolveAllAsync(reader, request.CloudUniqueIds, token).ConfigureAwait(false);
                foreach (var instanceId in instanceIds.Distinct(StringComparer.Ordinal))
                {
                    var instance = await reader.GetAsync(Key.Instance(Check.InstanceId(instanceId)), cancellationToken: token)
                        .ConfigureAwait(false);
                    if (instance is null || instance.Status == InstanceInfoPB.Types.Status.Deleted)
                    {
                        continue;
                    }

                    var detail = new GetClusterStatusResponse.Types.GetClusterStatusResponseDetail { InstanceId = instanceId };
                    detail.Clusters.Add(instance.Clusters.Where(c => c.Type == ClusterType.Compute).Select(StatusOf)
                        .Where(c => !request.HasStatus || c.ClusterStatus == request.Status));
                    if (detail.Clusters.Count > 0)
                    {
                        response.Details.Add(detail);
                    }
                }

                return response;
            },
            trace,
            cancellationToken);
    }

    private async ValueTask ApplyAsync(
        IKvTransaction transaction, InstanceInfoPB instance, ClusterPB cluster, AlterClusterRequest request, long now, CancellationToken token)
    {
        switch (request.Op)
        {
            case Operation.AddCluster:
                await NodeIndex.ClaimAsync(transaction, instance.InstanceId, cluster.Nodes, Errors.NodeOccupied, token).ConfigureAwait(false);
                ClusterRules.Add(instance, cluster);
                break;
            case Operation.DropCluster:
                var dropped = ClusterRules.Drop(instance, cluster);
                NodeIndex.Release(transaction, instance, dropped.Nodes.Select(n => n.CloudUniqueId));
                break;
            case Operation.RenameCluster:
                ClusterRules.Rename(instance, cluster, request.ReplaceIfExistingEmptyTargetCluster, options.StrictNames);
                break;
            case Operation.UpdateClusterMysqlUserName:
                ClusterRules.SetMysqlUserNames(instance, cluster);
                break;
            case Operation.UpdateClusterEndpoint:
                ClusterRules.SetEndpoint(instance, cluster);
                break;
            case Operation.SetClusterStatus:
                ClusterRules.SetStatus(instance, cluster);
                break;
            case Operation.AddNode:
                ClusterRules.AddNodes(instance, cluster, now);
                await NodeIndex.ClaimAsync(transaction, instance.InstanceId, cluster.Nodes, Errors.NodeToAddOccupied, token)
                    .ConfigureAwait(false);
                break;
            case Operation.DropNode:
                NodeIndex.Release(transaction, instance, ClusterRules.DropNodes(instance, cluster));
                break;
            case Operation.DecommissionNode:
                ClusterRules.SetNodeStatus(instance, cluster, NodeStatusPB.NodeStatusDecommissioning, now);
                break;
            case Operation.NotifyDecommissioned:
                ClusterRules.SetNodeStatus(instance, cluster, NodeStatusPB.NodeStatusDecommissioned, now);
                break;
            default:
                throw Errors.Invalid("op is required and must be an operation that this service offers");
        }
    }

    private static IEnumerable<ClusterPB> Select(IEnumerable<ClusterPB> clusters, GetClusterRequest request)
    {
        if (!string.IsNullOrEmpty(request.ClusterId))
        {
            return clusters.Where(c => c.ClusterId == request.ClusterId).Take(1);
        }

        if (!string.IsNullOrEmpty(request.ClusterName))
        {
            return clusters.Where(c => c.ClusterName == request.ClusterName).Take(1);
        }

        return string.IsNullOrEmpty(request.MysqlUserName)
            ? clusters
            : clusters.Where(c => c.MysqlUserName.Contains(request.MysqlUserName)).Take(1);
    }

    private static ClusterPB StatusOf(ClusterPB cluster) => new()
    {
        ClusterId = cluster.ClusterId,
        ClusterName = cluster.ClusterName,
        ClusterStatus = cluster.HasClusterStatus ? cluster.ClusterStatus : ClusterStatus.Normal,
    };

    private static async ValueTask<List<string>> ResolveAllAsync(
        IKvReader reader, IEnumerable<string> cloudUniqueIds, CancellationToken cancellationToken)
    {
        var instanceIds = new List<string>();
        foreach (var id in cloudUniqueIds)
        {
            if (InstanceResolver.DirectInstance(id) is { } direct)
            {
                instanceIds.Add(direct);
            }
            else if (await reader.GetAsync(Key.NodeOwner(Check.Name(id, "cloud_unique_ids", Check.CloudUniqueIdLength)),
                cancellationToken: cancellationToken).ConfigureAwait(false) is { } owner)
            {
                instanceIds.Add(owner.InstanceId);
            }
        }

        return instanceIds;
    }
}
