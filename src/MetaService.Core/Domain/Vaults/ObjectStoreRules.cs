using MetaService.Records.Cloud;
using MetaService.Security;

namespace MetaService.Domain.Vaults;

/// <summary>Rules for the S3 configurations (obj_info) of legacy instances; pure functions of records.</summary>
public static class ObjectStoreRules
{
    /// <summary>Most configurations of one instance.</summary>
    public const int MaxCount = 10;

    /// <summary>Largest serialized configuration, in bytes.</summary>
    public const int MaxBytes = 1024;

    /// <summary>What a configuration must have, which differs between the requests that carry one.</summary>
    [Flags]
    public enum Requires
    {
        /// <summary>ak, sk, bucket, endpoint and region.</summary>
        Basics = 0,
        Provider = 1,
        ExternalEndpoint = 2,
        Prefix = 4,
    }

    /// <summary>The stored form of a configuration that a request gives.</summary>
    /// <param name="now">Unix seconds.</param>
    /// <param name="field">Where in the request it stands, for messages.</param>
    /// <exception cref="MetaServiceException">Something required is missing or malformed.</exception>
    public static ObjectStoreInfoPB Create(ObjectStoreInfoPB given, string id, bool sseEnabled, long now, string field, Requires requires)
    {
        RequireText(given.Ak, field, "ak");
        RequireText(given.Sk, field, "sk");
        RequireText(given.Bucket, field, "bucket");
        RequireText(given.Endpoint, field, "endpoint");
        RequireText(given.Region, field, "region");
        if (requires.HasFlag(Requires.ExternalEndpoint))
        {
            RequireText(given.ExternalEndpoint, field, "external_endpoint");
        }

        if (requires.HasFlag(Requires.Prefix))
        {
            RequireText(given.Prefix, field, "prefix");
        }

        if (requires.HasFlag(Requires.Provider) && !given.HasProvider)
        {
            throw Errors.S3ConfInvalid($"{field}.provider is required");
        }

        if (given.HasProvider && given.Provider == ObjectStoreInfoPB.Types.Provider.Unkonwn)
        {
            throw Errors.S3ConfInvalid($"{field}.provider must be one of OSS, S3, COS, OBS, BOS, GCP, AZURE, TOS");
        }

        RequireNoScheme(given.Endpoint, field, "endpoint");
        RequireNoScheme(given.ExternalEndpoint, field, "external_endpoint");

        var stored = new ObjectStoreInfoPB
        {
            Ctime = now,
            Mtime = now,
            Id = id,
            Ak = given.Ak,
            Sk = given.Sk,
            Bucket = given.Bucket,
            Prefix = TrimPrefix(given.Prefix),
            Endpoint = given.Endpoint,
            Region = given.Region,
            Provider = given.HasProvider ? given.Provider : ObjectStoreInfoPB.Types.Provider.S3,
            ExternalEndpoint = given.ExternalEndpoint,
            SseEnabled = sseEnabled,
        };
        if (given.HasUserId)
        {
            stored.UserId = given.UserId;
        }

        if (given.HasUsePathStyle)
        {
            stored.UsePathStyle = given.UsePathStyle;
        }

        return stored;
    }

    /// <summary>Adds a configuration to a legacy instance.</summary>
    public static void Add(InstanceInfoPB instance, ObjectStoreInfoPB? given, long now)
    {
        given ??= new ObjectStoreInfoPB();
        RequireLegacy(instance, "add obj info");
        var added = Create(given, NextId(instance), instance.SseEnabled, now, "obj", Requires.Prefix);
        if (added.CalculateSize() > MaxBytes)
        {
            throw Errors.Invalid($"s3 obj info greater than 1k: obj would take {added.CalculateSize()} bytes, at most {MaxBytes}");
        }

        if (instance.ObjInfo.Count >= MaxCount)
        {
            throw Errors.Invalid($"this instance history has greater than {MaxCount} objs, please new another instance");
        }

        if (instance.ObjInfo.Any(o => IsSame(o, added)))
        {
            throw Errors.Invalid("original obj infos has a same conf, please check it");
        }

        instance.ObjInfo.Add(added);
    }

    /// <summary>Replaces ak and sk of the configuration with an id from 1 to <see cref="MaxCount"/>.</summary>
    public static void UpdateKeysById(InstanceInfoPB instance, ObjectStoreInfoPB? given, long now)
    {
        var stored = ById(instance, given);
        RequireText(given!.Ak, "obj", "ak");
        RequireText(given.Sk, "obj", "sk");
        UpdateKeys(stored, given.Ak, given.Sk, now);
    }

    /// <summary>Replaces ak and sk, or the role, of the configuration with an id from 1 to <see cref="MaxCount"/>.</summary>
    public static void Alter(InstanceInfoPB instance, ObjectStoreInfoPB? given, long now)
    {
        var stored = ById(instance, given);
        if (!string.IsNullOrEmpty(given!.RoleArn))
        {
            if (given.HasAk || given.HasSk)
            {
                throw Errors.Invalid("obj: give ak and sk, or role_arn, not both");
            }

            VaultRules.UseRole(stored, given, now);
            return;
        }

        RequireText(given.Ak, "obj", "ak");
        RequireText(given.Sk, "obj", "sk");
        UpdateKeys(stored, given.Ak, given.Sk, now);
        stored.ClearRoleArn();
        stored.ClearExternalId();
        stored.ClearCredProviderType();
    }

    /// <summary>Replaces ak and sk where they differ.</summary>
    /// <exception cref="MetaServiceException">Both are what they were.</exception>
    public static void UpdateKeys(ObjectStoreInfoPB stored, string ak, string sk, long now)
    {
        if (stored.Ak == ak && stored.Sk == sk)
        {
            throw Errors.KeysUnchanged();
        }

        stored.SetKeys(ak, sk);
        stored.Mtime = now;
    }

    /// <summary>The id after the highest ever given out in this instance, to a configuration or a vault.</summary>
    public static string NextId(InstanceInfoPB instance)
    {
        var ids = instance.ObjInfo.Select(o => o.Id).Concat(instance.ResourceIds);
        var highest = ids.Select(id => int.TryParse(id, out var n) ? n : 0).DefaultIfEmpty().Max();
        return (highest + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Without the slashes at both ends, which would make empty path elements.</summary>
    public static string TrimPrefix(string prefix) => prefix.Trim().Trim('/');

    /// <summary>Refuses a vault instance, whose stores are vaults and not obj_info.</summary>
    public static void RequireLegacy(InstanceInfoPB instance, string what)
    {
        if (instance.EnableStorageVault)
        {
            throw Errors.Invalid($"Storage vault doesn't support {what}");
        }
    }

    private static ObjectStoreInfoPB ById(InstanceInfoPB instance, ObjectStoreInfoPB? given)
    {
        if (!int.TryParse(given?.Id, System.Globalization.NumberStyles.None, null, out var id) || id is < 1 or > MaxCount)
        {
            throw Errors.Invalid($"obj.id invalid, please check it: it must be a number from 1 to {MaxCount}");
        }

        return instance.ObjInfo.FirstOrDefault(o => o.Id == given!.Id)
            ?? throw Errors.Invalid("obj.id invalid, please check it: this instance has no obj_info with that id");
    }

    private static bool IsSame(ObjectStoreInfoPB a, ObjectStoreInfoPB b) =>
        a.Ak == b.Ak && a.Sk == b.Sk && a.Bucket == b.Bucket && a.Prefix == b.Prefix &&
        a.Endpoint == b.Endpoint && a.Region == b.Region;

    private static void RequireText(string value, string field, string name)
    {
        if (value.Length == 0)
        {
            throw Errors.S3ConfInvalid($"{field}.{name} is required and must not be empty");
        }
    }

    private static void RequireNoScheme(string value, string field, string name)
    {
        if (value.Contains("://", StringComparison.Ordinal))
        {
            throw Errors.S3ConfInvalid($"{field}.{name} must be a host or host:port without a scheme such as http://");
        }
    }
}
