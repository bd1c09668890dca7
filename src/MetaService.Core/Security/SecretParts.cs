using MetaService.Keys;
using MetaService.Records.Cloud;

namespace MetaService.Security;

/// <summary>Which secrets of an instance record.</summary>
[Flags]
public enum InstanceSecrets
{
    None = 0,

    /// <summary>Those of its obj_info.</summary>
    ObjectStores = 1,

    /// <summary>Those of the RAM user and the IAM user.</summary>
    Users = 2,

    /// <summary>Those of its stages.</summary>
    Stages = 4,

    All = ObjectStores | Users | Stages,
}

/// <summary>A pair of keys inside a stored record.</summary>
/// <param name="Keys">The part of the record.</param>
/// <param name="InstanceId">The instance; empty for the service as a whole.</param>
/// <param name="Kind">See <see cref="SecretPlace"/>.</param>
/// <param name="Id">See <see cref="SecretPlace"/>.</param>
public readonly record struct SecretPart(IAccessKeyPair Keys, string InstanceId, string Kind, string Id)
{
    /// <summary>What its ak is bound to.</summary>
    public SecretPlace AkPlace => new(InstanceId, Kind, Id, "ak");

    /// <summary>What its sk is bound to.</summary>
    public SecretPlace SkPlace => new(InstanceId, Kind, Id, "sk");

    /// <summary>For people.</summary>
    public override string ToString() =>
        (Id.Length > 0 ? $"{Kind}/{Id}" : Kind) + (InstanceId.Length > 0 ? $" of instance {InstanceId}" : "");
}

/// <summary>Finds the pairs of keys inside records: the one list of where secrets are stored.</summary>
public static class SecretParts
{
    /// <summary>Whether records of a type hold any.</summary>
    public static bool AreIn<T>() =>
        typeof(T) == typeof(InstanceInfoPB) || typeof(T) == typeof(StorageVaultPB)
        || typeof(T) == typeof(RecycleStagePB) || typeof(T) == typeof(RamUserPB);

    /// <summary>The pairs in a record, sealed or not.</summary>
    /// <param name="key">Where the record is stored.</param>
    /// <param name="which">Of an instance, which of them.</param>
    public static IEnumerable<SecretPart> Of<T>(SecretRecordKey<T> key, T record, InstanceSecrets which = InstanceSecrets.All)
        where T : class, Google.Protobuf.IMessage<T>, new() => record switch
        {
            InstanceInfoPB instance => OfInstance(key.InstanceId, instance, which),
            StorageVaultPB vault => Single(vault.ObjInfo, key.InstanceId, "storage_vault", key.RecordId),
            RecycleStagePB recycled => Single(recycled.Stage?.ObjInfo, key.InstanceId, "recycle_stage", key.RecordId),
            RamUserPB user => Single(user, key.InstanceId, "arn_info", key.RecordId),
            _ => throw new ArgumentException($"{typeof(T).Name} holds no secrets", nameof(record)),
        };

    private static IEnumerable<SecretPart> OfInstance(string instanceId, InstanceInfoPB instance, InstanceSecrets which)
    {
        if (which.HasFlag(InstanceSecrets.ObjectStores))
        {
            foreach (var store in instance.ObjInfo)
            {
                yield return new SecretPart(store, instanceId, "obj_info", store.Id);
            }
        }

        if (which.HasFlag(InstanceSecrets.Users) && instance.RamUser is { } ramUser)
        {
            yield return new SecretPart(ramUser, instanceId, "ram_user", "");
        }

        if (which.HasFlag(InstanceSecrets.Users) && instance.IamUser is { } iamUser)
        {
            yield return new SecretPart(iamUser, instanceId, "iam_user", "");
        }

        if (which.HasFlag(InstanceSecrets.Stages))
        {
            foreach (var stage in instance.Stages)
            {
                if (stage.ObjInfo is { } store)
                {
                    yield return new SecretPart(store, instanceId, "stage", stage.StageId);
                }
            }
        }
    }

    private static IEnumerable<SecretPart> Single(IAccessKeyPair? keys, string instanceId, string kind, string id) =>
        keys is null ? [] : [new SecretPart(keys, instanceId, kind, id)];
}
