using MetaService.Records.Cloud;
using MetaService.Security;

namespace MetaService.Domain.Vaults;

/// <summary>Rules for storage vaults (S3 or HDFS); pure functions of records.</summary>
public static class VaultRules
{
    /// <summary>Name and id of the vault that create_instance makes.</summary>
    public const string BuiltInName = "built_in_storage_vault";

    public const string BuiltInId = "1";

    /// <summary>A new GUID, which keeps two HDFS vaults with one prefix apart; empty for a vault that needs none.</summary>
    public static string NewPathSuffix(StorageVaultPB? given) =>
        given?.HdfsInfo is null ? "" : Guid.NewGuid().ToString().ToUpperInvariant();

    /// <summary>Checks and completes the vault of a request. The instance lists it by id and name, in the same order.</summary>
    /// <param name="pathSuffix">See <see cref="NewPathSuffix"/>.</param>
    /// <param name="now">Unix seconds.</param>
    public static StorageVaultPB Create(StorageVaultPB given, string id, string name, string pathSuffix, long now)
    {
        if ((given.HdfsInfo is null) == (given.ObjInfo is null))
        {
            throw Errors.Invalid("vault needs exactly one of vault.hdfs_info and vault.obj_info");
        }

        var vault = new StorageVaultPB { Id = id, Name = name };
        if (given.HdfsInfo is { } hdfs)
        {
            vault.HdfsInfo = CreateHdfs(hdfs, pathSuffix);
        }
        else
        {
            vault.ObjInfo = ObjectStoreRules.Create(
                given.ObjInfo!, id, sseEnabled: true, now, "vault.obj_info",
                ObjectStoreRules.Requires.Provider | ObjectStoreRules.Requires.ExternalEndpoint);
        }

        if (given.PathFormat is { } pathFormat)
        {
            vault.PathFormat = pathFormat;
        }

        return vault;
    }

    /// <summary>Adds a vault to an instance and returns it for storing.</summary>
    public static StorageVaultPB Add(
        InstanceInfoPB instance, AlterObjStoreInfoRequest request, bool hdfs, string pathSuffix, long now)
    {
        RequireVaults(instance);
        var given = request.Vault ?? throw Errors.Missing("vault");
        if ((hdfs ? given.HdfsInfo is null : given.ObjInfo is null) || (given.HdfsInfo is not null && given.ObjInfo is not null))
        {
            throw Errors.Missing(hdfs ? "vault.hdfs_info" : "vault.obj_info");
        }

        var name = Check.VaultName(given.Name);
        if (instance.StorageVaultNames.Contains(name))
        {
            throw Errors.VaultNameInUse(name);
        }

        var vault = Create(given, ObjectStoreRules.NextId(instance), name, pathSuffix, now);
        instance.ResourceIds.Add(vault.Id);
        instance.StorageVaultNames.Add(name);
        if (request.SetAsDefaultStorageVault)
        {
            SetDefault(instance, vault.Id, name);
        }

        return vault;
    }

    /// <summary>The id of the vault with a name.</summary>
    public static string IdOf(InstanceInfoPB instance, string name)
    {
        RequireVaults(instance);
        var at = instance.StorageVaultNames.IndexOf(Check.Given(name, "vault.name"));
        return at >= 0 && at < instance.ResourceIds.Count ? instance.ResourceIds[at] : throw Errors.VaultNotFound(name);
    }

    /// <summary>Changes keys, role, addressing style or name of an S3 vault; where its data lies cannot change.</summary>
    public static void AlterS3(InstanceInfoPB instance, StorageVaultPB stored, StorageVaultPB given, long now)
    {
        var s3 = stored.ObjInfo ?? throw Errors.Invalid($"vault {stored.Name} is not an S3 vault");
        if (given.ObjInfo is { } change)
        {
            if (change.HasBucket || change.HasEndpoint || change.HasPrefix || change.HasProvider)
            {
                throw Errors.Invalid("Bucket, endpoint, prefix and provider can not be altered");
            }

            if (change.HasAk != change.HasSk || (change.HasAk && (change.Ak.Length == 0 || change.Sk.Length == 0)))
            {
                throw Errors.Invalid("Accesskey and secretkey must be alter together");
            }

            if (change.HasAk && change.HasRoleArn)
            {
                throw Errors.Invalid("vault.obj_info: give ak and sk, or role_arn, not both");
            }

            if (change.HasAk)
            {
                s3.SetKeys(change.Ak, change.Sk);
                s3.ClearRoleArn();
                s3.ClearExternalId();
                s3.ClearCredProviderType();
            }
            else if (change.HasRoleArn)
            {
                UseRole(s3, change, now);
            }

            if (change.HasUsePathStyle)
            {
                s3.UsePathStyle = change.UsePathStyle;
            }

            s3.Mtime = now;
        }

        Rename(instance, stored, given);
    }

    /// <summary>Changes user, Kerberos settings, further settings or name of an HDFS vault; where its data lies cannot change.</summary>
    public static void AlterHdfs(InstanceInfoPB instance, StorageVaultPB stored, StorageVaultPB given)
    {
        var hdfs = stored.HdfsInfo ?? throw Errors.Invalid($"vault {stored.Name} is not an HDFS vault");
        if (given.HdfsInfo?.HasPrefix == true || given.HdfsInfo?.BuildConf?.HasFsName == true)
        {
            throw Errors.Invalid("You can not alter prefix or fs name because it may lead to data lost");
        }

        if (given.HdfsInfo?.BuildConf is { } change)
        {
            if (change.HdfsConfs.Count > 0)
            {
                hdfs.BuildConf.HdfsConfs.Clear(); // Merging adds to lists; the given settings are to replace the stored ones.
            }

            hdfs.BuildConf.MergeFrom(change);
        }

        Rename(instance, stored, given);
    }

    /// <summary>Makes the vault with a name the default one and returns its id.</summary>
    public static string SetDefault(InstanceInfoPB instance, string name)
    {
        var id = IdOf(instance, name);
        SetDefault(instance, id, name);
        return id;
    }

    /// <summary>Leaves the instance without a default vault.</summary>
    public static void UnsetDefault(InstanceInfoPB instance)
    {
        RequireVaults(instance);
        instance.ClearDefaultStorageVaultId();
        instance.ClearDefaultStorageVaultName();
    }

    /// <summary>Makes a store use a role instead of keys.</summary>
    public static void UseRole(ObjectStoreInfoPB stored, ObjectStoreInfoPB given, long now)
    {
        stored.ClearKeys();
        stored.RoleArn = Check.Given(given.RoleArn, "role_arn");
        stored.CredProviderType = CredProviderTypePB.InstanceProfile;
        if (given.HasExternalId)
        {
            stored.ExternalId = given.ExternalId;
        }

        stored.Mtime = now;
    }

    private static void Rename(InstanceInfoPB instance, StorageVaultPB stored, StorageVaultPB given)
    {
        if (!given.HasAlterName)
        {
            return;
        }

        var name = Check.VaultName(given.AlterName);
        if (instance.StorageVaultNames.Contains(name))
        {
            throw Errors.VaultNameInUse(name);
        }

        instance.StorageVaultNames[instance.StorageVaultNames.IndexOf(stored.Name)] = name;
        if (instance.HasDefaultStorageVaultId && instance.DefaultStorageVaultId == stored.Id)
        {
            instance.DefaultStorageVaultName = name;
        }

        stored.Name = name;
    }

    private static void SetDefault(InstanceInfoPB instance, string id, string name)
    {
        instance.DefaultStorageVaultId = id;
        instance.DefaultStorageVaultName = name;
    }

    private static HdfsVaultInfo CreateHdfs(HdfsVaultInfo given, string pathSuffix)
    {
        Check.Given(given.BuildConf?.FsName, "vault.hdfs_info.build_conf.fs_name");
        Check.Given(given.BuildConf!.User, "vault.hdfs_info.build_conf.user");
        var prefix = ObjectStoreRules.TrimPrefix(given.Prefix);
        Check.Given(prefix, "vault.hdfs_info.prefix");
        if (prefix.Contains("://", StringComparison.Ordinal))
        {
            throw Errors.Invalid("vault.hdfs_info.prefix must be a path, without a scheme such as hdfs://");
        }

        foreach (var conf in given.BuildConf.HdfsConfs)
        {
            Check.Given(conf.Key, "vault.hdfs_info.build_conf.hdfs_confs.key");
        }

        return new HdfsVaultInfo { BuildConf = given.BuildConf, Prefix = $"{prefix}_{pathSuffix}" };
    }

    private static void RequireVaults(InstanceInfoPB instance)
    {
        if (!instance.EnableStorageVault)
        {
            throw Errors.Invalid("Storage vault is not enabled on this instance: it was created with obj_info");
        }
    }
}
