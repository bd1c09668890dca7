using Google.Protobuf.Collections;
using MetaService.Records.Cloud;
using MetaService.Security;

namespace MetaService.Domain.Vaults;

/// <summary>Rules for the cloud users whose keys an instance holds; pure functions of records.</summary>
public static class UserRules
{
    /// <summary>Checks a RAM user and returns what is stored of it.</summary>
    public static RamUserPB Create(RamUserPB given)
    {
        RequireKeys(given, "ram_user");
        var user = new RamUserPB { UserId = given.UserId, Ak = given.Ak, Sk = given.Sk };
        if (given.HasExternalId)
        {
            user.ExternalId = given.ExternalId;
        }

        return user;
    }

    /// <summary>Rotates the keys of the bucket users and the RAM user of an update_ak_sk request, all or none.</summary>
    /// <param name="now">Unix seconds.</param>
    public static void UpdateKeys(InstanceInfoPB instance, UpdateAkSkRequest request, long now)
    {
        if (request.InternalBucketUser.Count == 0 && request.RamUser is null)
        {
            throw Errors.Invalid("nothing to update: give internal_bucket_user or ram_user");
        }

        UpdateBucketUsers(instance, request.InternalBucketUser, now);
        if (request.RamUser is { } given)
        {
            RequireKeys(given, "ram_user");
            var stored = instance.RamUser ?? throw Errors.Invalid("instance doesn't have ram user info");
            if (stored.UserId != given.UserId)
            {
                throw Errors.Invalid("ram_user.user_id err: it is not the ram user of this instance");
            }

            if (stored.Ak == given.Ak && stored.Sk == given.Sk)
            {
                throw Errors.KeysUnchanged();
            }

            stored.SetKeys(given.Ak, given.Sk);
        }
    }

    private static void UpdateBucketUsers(InstanceInfoPB instance, RepeatedField<RamUserPB> users, long now)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var user in users)
        {
            RequireKeys(user, "internal_bucket_user");
            if (!seen.Add(user.UserId))
            {
                throw Errors.Invalid("internal_bucket_user holds one user_id twice");
            }

            var stores = instance.ObjInfo.Where(o => o.HasUserId && o.UserId == user.UserId).ToList();
            if (stores.Count == 0)
            {
                throw Errors.Invalid("fail to find the alter obj info: no obj_info of this instance has that user_id");
            }

            if (stores.TrueForAll(o => o.Ak == user.Ak && o.Sk == user.Sk))
            {
                throw Errors.KeysUnchanged();
            }

            foreach (var store in stores)
            {
                store.SetKeys(user.Ak, user.Sk);
                store.Mtime = now;
            }
        }
    }

    private static void RequireKeys(RamUserPB user, string field)
    {
        RequireText(user.UserId, field, "user_id");
        RequireText(user.Ak, field, "ak");
        RequireText(user.Sk, field, "sk");
    }

    private static void RequireText(string value, string field, string name)
    {
        if (value.Length == 0)
        {
            throw Errors.RamUserInvalid($"{field}.{name} is required and must not be empty");
        }
    }
}
