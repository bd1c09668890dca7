using MetaService.Domain.Clusters;
using MetaService.Keys;
using MetaService.Records.Cloud;
using StageType = MetaService.Records.Cloud.StagePB.Types.StageType;

namespace MetaService.Maintenance.Verification;

/// <summary>What must hold inside the record of an instance; pure functions of the record.</summary>
internal static class InstanceRecordRules
{
    /// <summary>What does not hold.</summary>
    public static IEnumerable<(DefectKind Kind, string Problem)> Problems(InstanceInfoPB instance)
    {
        if (instance.Status == InstanceInfoPB.Types.Status.Deleted && instance.Clusters.Count > 0)
        {
            yield return (
                DefectKinds.DroppedInstanceInUse, $"it is dropped and has {instance.Clusters.Count} clusters: it must have none");
        }

        foreach (var problem in Clusters(instance).Concat(Nodes(instance)).Concat(Vaults(instance)).Concat(Stages(instance)))
        {
            yield return problem;
        }
    }

    private static IEnumerable<(DefectKind Kind, string Problem)> Clusters(InstanceInfoPB instance) =>
        Repeated(instance.Clusters.Select(c => c.ClusterId))
            .Select(id => (DefectKinds.DuplicateCluster, $"cluster_id {Show(id)} is that of two clusters: it must be one's own"))
            .Concat(Repeated(instance.Clusters.Select(c => c.ClusterName)).Select(name =>
                (DefectKinds.DuplicateCluster, $"cluster_name {Show(name)} is that of two clusters: it must be one's own")));

    private static IEnumerable<(DefectKind Kind, string Problem)> Nodes(InstanceInfoPB instance)
    {
        var namesakes = instance.Clusters
            .SelectMany(c => c.Nodes, (c, n) => (c.Type, Node: n))
            .GroupBy(n => (n.Type, n.Node.CloudUniqueId))
            .Where(g => g.Count() > 1);
        foreach (var group in namesakes)
        {
            var nodes = group.Select(n => n.Node).ToList();
            if (nodes.Where((node, i) => nodes.Take(i).Any(n => NodeRules.IsSame(n, node, group.Key.Type))).Any())
            {
                yield return (
                    DefectKinds.DuplicateNode,
                    $"the node with cloud_unique_id {Show(group.Key.CloudUniqueId)} is listed twice with one address and port");
            }
        }
    }

    private static IEnumerable<(DefectKind Kind, string Problem)> Vaults(InstanceInfoPB instance)
    {
        var (ids, names) = (instance.ResourceIds, instance.StorageVaultNames);
        if (ids.Count != names.Count)
        {
            yield return (
                DefectKinds.VaultListBroken,
                $"it lists {ids.Count} resource_ids and {names.Count} storage_vault_names: each vault must have one of each");
        }

        foreach (var repeated in Repeated(ids).Concat(Repeated(names)))
        {
            yield return (DefectKinds.VaultListBroken, $"{Show(repeated)} is listed twice among its vaults");
        }

        if (instance.DefaultStorageVaultId.Length == 0)
        {
            yield break;
        }

        var at = ids.IndexOf(instance.DefaultStorageVaultId);
        if (at < 0)
        {
            yield return (
                DefectKinds.DefaultVaultWrong,
                $"the default vault {Show(instance.DefaultStorageVaultId)} is not one of its resource_ids");
        }
        else if (at < names.Count && names[at] != instance.DefaultStorageVaultName)
        {
            yield return (
                DefectKinds.DefaultVaultWrong,
                $"the default vault {Show(instance.DefaultStorageVaultId)} is named {Show(instance.DefaultStorageVaultName)}, "
                + $"and {Show(names[at])} among its vaults");
        }
    }

    private static IEnumerable<(DefectKind Kind, string Problem)> Stages(InstanceInfoPB instance)
    {
        foreach (var id in Repeated(instance.Stages.Select(s => s.StageId)))
        {
            yield return (DefectKinds.StageBroken, $"stage_id {Show(id)} is that of two stages: it must be one's own");
        }

        var homeless = instance.Stages.Where(s =>
            s.Type == StageType.Internal && instance.ObjInfo.All(o => o.Id != s.ObjInfo?.Id));
        foreach (var stage in homeless)
        {
            yield return (
                DefectKinds.StageBroken,
                $"the internal stage {Show(stage.StageId)} lies in obj_info {Show(stage.ObjInfo?.Id ?? "")}, which there is not");
        }
    }

    private static IEnumerable<string> Repeated(IEnumerable<string> values) =>
        values.GroupBy(v => v, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key);

    private static string Show(string text) => $"\"{KeyPrinter.Escape(text)}\"";
}
