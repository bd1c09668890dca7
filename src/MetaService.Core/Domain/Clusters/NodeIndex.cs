using MetaService.Domain.Instances;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Own;
using MetaService.Storage;

namespace MetaService.Domain.Clusters;

/// <summary>
/// The stored index from cloud_unique_id to the one instance that has nodes with it. It changes in the transaction that changes the
/// nodes, and no server keeps it in memory, so it is never stale.
/// </summary>
public static class NodeIndex
{
    /// <summary>Claims the ids of nodes for an instance.</summary>
    /// <param name="occupied">Makes the error for an id that belongs to another instance.</param>
    /// <exception cref="MetaServiceException">An id belongs to another instance.</exception>
    public static async ValueTask ClaimAsync(
        IKvTransaction transaction,
        string instanceId,
        IEnumerable<NodeInfoPB> nodes,
        Func<string, ClusterPB?, string, MetaServiceException> occupied,
        CancellationToken cancellationToken)
    {
        foreach (var id in nodes.Select(n => n.CloudUniqueId).Distinct(StringComparer.Ordinal))
        {
            var owner = await transaction.GetAsync(Key.NodeOwner(id), cancellationToken: cancellationToken).ConfigureAwait(false);
            if (owner is null)
            {
                transaction.Set(Key.NodeOwner(id), new NodeOwnerPB { InstanceId = instanceId });
            }
            else if (owner.InstanceId != instanceId)
            {
                var other = await InstanceStore.LoadAsync(transaction, owner.InstanceId, cancellationToken).ConfigureAwait(false);
                throw occupied(owner.InstanceId, other.Clusters.FirstOrDefault(c => c.Nodes.Any(n => n.CloudUniqueId == id)), id);
            }
        }
    }

    /// <summary>Gives up the ids that no node of the instance has any more.</summary>
    /// <param name="instance">The record after its nodes were removed.</param>
    public static void Release(IKvTransaction transaction, InstanceInfoPB instance, IEnumerable<string> removedIds)
    {
        var kept = instance.Clusters.SelectMany(c => c.Nodes).Select(n => n.CloudUniqueId).ToHashSet(StringComparer.Ordinal);
        foreach (var id in removedIds.Distinct(StringComparer.Ordinal).Where(id => !kept.Contains(id)))
        {
            transaction.Clear(Key.NodeOwner(id));
        }
    }
}
