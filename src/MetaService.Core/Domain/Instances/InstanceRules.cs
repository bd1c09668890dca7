using MetaService.Domain.Vaults;
using MetaService.Records.Cloud;
using Status = MetaService.Records.Cloud.InstanceInfoPB.Types.Status;

namespace MetaService.Domain.Instances;

/// <summary>Rules for an instance as a whole; pure functions of records. Times are unix seconds.</summary>
public static class InstanceRules
{
    /// <summary>Longest display name, in characters.</summary>
    public const int DisplayNameLength = 1024;

    /// <summary>A new instance and, unless it is a legacy one, its first vault.</summary>
    /// <param name="pathSuffix">See <see cref="VaultRules.NewPathSuffix"/>.</param>
    public static (InstanceInfoPB Instance, StorageVaultPB? Vault) Create(CreateInstanceRequest request, string pathSuffix, long now)
    {
        var instance = new InstanceInfoPB
        {
            InstanceId = Check.InstanceId(request.InstanceId),
            UserId = Check.Given(request.UserId, "user_id"),
            Name = DisplayName(request.Name),
            Status = Status.Normal,
            SseEnabled = request.SseEnabled,
            EnableStorageVault = request.ObjInfo is null,
        };
        if ((request.Vault is null) == (request.ObjInfo is null))
        {
            throw Errors.Invalid("give exactly one of vault and obj_info");
        }

        if (request.RamUser is { } ramUser)
        {
            instance.RamUser = UserRules.Create(ramUser);
        }

        if (request.ObjInfo is { } objInfo)
        {
            instance.ObjInfo.Add(ObjectStoreRules.Create(
                objInfo, VaultRules.BuiltInId, request.SseEnabled, now, "obj_info", ObjectStoreRules.Requires.Provider));
            return (instance, null);
        }

        var vault = VaultRules.Create(request.Vault!, VaultRules.BuiltInId, VaultRules.BuiltInName, pathSuffix, now);
        instance.ResourceIds.Add(vault.Id);
        instance.StorageVaultNames.Add(vault.Name);
        return (instance, vault);
    }

    /// <summary>Marks an instance without clusters as dropped. Its data is reclaimed elsewhere; its id is never free again.</summary>
    public static void Drop(InstanceInfoPB instance, long now)
    {
        if (instance.Clusters.Count > 0)
        {
            throw Errors.InstanceHasClusters();
        }

        instance.Status = Status.Deleted;
        instance.Mtime = now;
    }

    /// <summary>Changes the display name.</summary>
    public static void Rename(InstanceInfoPB instance, string name, long now)
    {
        instance.Name = DisplayName(Check.Given(name, "name"));
        instance.Mtime = now;
    }

    /// <summary>Switches server-side encryption of object data on or off, for the instance and its obj_info.</summary>
    public static void SetSse(InstanceInfoPB instance, bool enabled, long now)
    {
        if (instance.SseEnabled == enabled)
        {
            throw enabled ? Errors.SseAlreadyEnabled() : Errors.SseAlreadyDisabled();
        }

        instance.SseEnabled = enabled;
        instance.Mtime = now;
        foreach (var store in instance.ObjInfo)
        {
            store.SseEnabled = enabled;
            store.Mtime = now;
        }
    }

    /// <summary>Sets the status to NORMAL or OVERDUE.</summary>
    public static void SetStatus(InstanceInfoPB instance, Status status, long now)
    {
        var name = status == Status.Overdue ? "overdue" : "normal";
        if (instance.Status == Status.Deleted)
        {
            throw Errors.StatusOfDroppedInstance(name);
        }

        if (instance.Status == status)
        {
            throw Errors.InstanceStatusUnchanged(name);
        }

        instance.Status = status;
        instance.Mtime = now;
    }

    private static string DisplayName(string name) =>
        name.Length > DisplayNameLength ? throw Errors.TooLong("name", DisplayNameLength) : name;
}
