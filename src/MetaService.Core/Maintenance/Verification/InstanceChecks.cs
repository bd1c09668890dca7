using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Records.Own;
using Status = MetaService.Records.Cloud.InstanceInfoPB.Types.Status;

namespace MetaService.Maintenance.Verification;

/// <summary>An instance, the records of its vaults and the index of its nodes, compared both ways.</summary>
internal static class InstanceChecks
{
    public static async ValueTask InstanceAsync(CheckContext context, InstanceInfoPB instance)
    {
        foreach (var (kind, problem) in InstanceRecordRules.Problems(instance))
        {
            context.Report(kind, problem);
        }

        if (instance.Status == Status.Deleted)
        {
            return;
        }

        foreach (var id in NodeIds(instance).Where(id => id.Length > 0).Distinct(StringComparer.Ordinal))
        {
            await NodeAsync(context, id).ConfigureAwait(false);
        }

        for (var i = 0; i < instance.ResourceIds.Count; i++)
        {
            var key = Key.StorageVault(context.InstanceId, instance.ResourceIds[i]);
            var vault = await context.Store.GetAsync(key).ConfigureAwait(false);
            if (!vault.Exists)
            {
                context.Report(DefectKinds.VaultMissing, $"there is no {CheckContext.Name(key)}, which it lists");
            }
            else if (vault.Record is { } record && i < instance.StorageVaultNames.Count
                && record.Name != instance.StorageVaultNames[i])
            {
                context.Report(
                    DefectKinds.VaultNameMismatch,
                    $"the vault that it lists as \"{KeyPrinter.Escape(instance.StorageVaultNames[i])}\" is named "
                    + $"\"{KeyPrinter.Escape(record.Name)}\" in {CheckContext.Name(key)}");
            }
        }
    }

    public static async ValueTask VaultAsync(CheckContext context, StorageVaultPB vault)
    {
        var id = context.Key.Text("vault_id");
        var instance = await context.Store.InstanceAsync(context.InstanceId).ConfigureAwait(false);
        if (instance.Record is { } record && !record.ResourceIds.Contains(id))
        {
            context.Report(DefectKinds.VaultUnlisted, "its instance does not list it among its resource_ids");
        }
    }

    public static async ValueTask NodeOwnerAsync(CheckContext context, NodeOwnerPB owner)
    {
        var instance = owner.InstanceId.Length > 0
            ? await context.Store.InstanceAsync(owner.InstanceId).ConfigureAwait(false)
            : default;
        if (!instance.Exists || (instance.Record is { } record && !NodeIds(record).Contains(context.Key.Text("cloud_unique_id"))))
        {
            context.Report(
                DefectKinds.OwnerWithoutNode,
                $"it names instance \"{KeyPrinter.Escape(owner.InstanceId)}\", "
                + (instance.Exists ? "which has no node with this cloud_unique_id" : "which there is not"));
        }
    }

    private static async ValueTask NodeAsync(CheckContext context, string cloudUniqueId)
    {
        var key = Key.NodeOwner(cloudUniqueId);
        var owner = await context.Store.GetAsync(key).ConfigureAwait(false);
        if (!owner.Exists)
        {
            context.Report(DefectKinds.NodeOwnerMissing, $"there is no {CheckContext.Name(key)}, which must name this instance");
            return;
        }

        if (owner.Record is null || owner.Record.InstanceId == context.InstanceId)
        {
            return;
        }

        var other = owner.Record.InstanceId.Length > 0
            ? await context.Store.InstanceAsync(owner.Record.InstanceId).ConfigureAwait(false)
            : default;
        var isListedTwice = other.Record is { } record && NodeIds(record).Contains(cloudUniqueId);
        context.Report(
            isListedTwice ? DefectKinds.NodeInTwoInstances : DefectKinds.NodeOwnerWrong,
            $"{CheckContext.Name(key)} names instance \"{KeyPrinter.Escape(owner.Record.InstanceId)}\", "
            + (isListedTwice ? "which has a node with this cloud_unique_id too" : "and must name this one"));
    }

    private static IEnumerable<string> NodeIds(InstanceInfoPB instance) =>
        instance.Clusters.SelectMany(c => c.Nodes).Select(n => n.CloudUniqueId);
}
