using MetaService.Domain.Vaults;
using MetaService.Records.Cloud;
using MetaService.Security;
using AccessType = MetaService.Records.Cloud.StagePB.Types.StageAccessType;
using StageType = MetaService.Records.Cloud.StagePB.Types.StageType;

namespace MetaService.Domain.Stages;

/// <summary>
/// Rules for stages, the places that COPY INTO reads files from; pure functions of records. An internal stage lies in the object
/// store of the instance and belongs to one user, an external one lies elsewhere and has a name.
/// </summary>
internal static class StageRules
{
    /// <summary>Longest comment, role name, arn and external id, and most bytes of a stage's properties.</summary>
    private const int TextLength = 4096;

    /// <summary>Adds a stage to an instance.</summary>
    /// <param name="now">Unix seconds.</param>
    public static void Add(InstanceInfoPB instance, StagePB request, int maxStages, long now)
    {
        Check.Name(request.StageId, "stage.stage_id");
        var type = RequireType(request.HasType, request.Type, "stage.type");
        if (instance.Stages.Count >= maxStages)
        {
            throw StageErrors.TooMany(maxStages);
        }

        if (instance.Stages.Any(s => s.StageId == request.StageId))
        {
            throw StageErrors.IdInUse(request.StageId);
        }

        instance.Stages.Add(type == StageType.Internal ? Internal(instance, request) : External(instance, request, now));
    }

    /// <summary>The stages that a request asks for, as the caller can use them: with keys and place.</summary>
    /// <param name="iamUser">The IAM user of the service, for stages accessed by role.</param>
    public static IEnumerable<StagePB> Find(InstanceInfoPB instance, GetStageRequest request, RamUserPB? iamUser)
    {
        if (RequireType(request.HasType, request.Type, "type") == StageType.Internal)
        {
            return [FindInternal(instance, request)];
        }

        var found = instance.Stages
            .Where(s => s.Type == StageType.External && (request.StageName.Length == 0 || s.Name == request.StageName))
            .Select(s => WithKeys(instance, s, iamUser))
            .ToList();
        return found.Count > 0 ? found : throw StageErrors.NotFound($"stage_name={request.StageName}");
    }

    /// <summary>Takes a stage out of an instance.</summary>
    /// <returns>The stage.</returns>
    public static StagePB Remove(InstanceInfoPB instance, DropStageRequest request)
    {
        StagePB? stage;
        if (RequireType(request.HasType, request.Type, "type") == StageType.Internal)
        {
            Check.Given(request.MysqlUserId, "mysql_user_id");
            stage = instance.Stages.FirstOrDefault(s => IsInternalOf(s, id: request.MysqlUserId));
        }
        else
        {
            Check.Given(request.StageName, "stage_name");
            stage = instance.Stages.FirstOrDefault(s => s.Type == StageType.External && s.Name == request.StageName);
        }

        if (stage is null)
        {
            throw StageErrors.NotFound($"stage_name={request.StageName} mysql_user_id={request.MysqlUserId}");
        }

        instance.Stages.Remove(stage);
        return stage;
    }

    private static StageType RequireType(bool given, StageType type, string field) =>
        given && Enum.IsDefined(type) ? type : throw Errors.Invalid($"{field} is required and must be INTERNAL or EXTERNAL");

    private static StagePB Internal(InstanceInfoPB instance, StagePB request)
    {
        if (request.MysqlUserName.Count != 1 || request.MysqlUserId.Count != 1)
        {
            throw Errors.Invalid("an internal stage needs exactly one stage.mysql_user_name and one stage.mysql_user_id");
        }

        var userName = Check.Name(request.MysqlUserName[0], "stage.mysql_user_name");
        var userId = Check.Name(request.MysqlUserId[0], "stage.mysql_user_id");
        if (instance.Stages.Any(s => IsInternalOf(s, userName) || IsInternalOf(s, id: userId)))
        {
            throw StageErrors.UserHasStage(userName);
        }

        var store = instance.ObjInfo.LastOrDefault() ?? throw StageErrors.NoObjectStore();
        var root = store.Prefix.Length > 0 ? $"{store.Prefix}/stage" : "stage";
        return new StagePB
        {
            Type = StageType.Internal,
            StageId = request.StageId,
            MysqlUserName = { userName },
            MysqlUserId = { userId },
            ObjInfo = new ObjectStoreInfoPB { Id = store.Id, Prefix = $"{root}/{userName}/{userId}" },
        };
    }

    private static StagePB External(InstanceInfoPB instance, StagePB request, long now)
    {
        var name = Check.Name(request.Name, "stage.name");
        if (instance.Stages.Any(s => s.Type == StageType.External && s.Name == name))
        {
            throw StageErrors.NameInUse(name);
        }

        var given = request.ObjInfo ?? throw Errors.Missing("stage.obj_info");
        CheckAccess(request, given);
        if (request.Comment.Length > TextLength || request.RoleName.Length > TextLength || request.Arn.Length > TextLength
            || request.ExternalId.Length > TextLength || request.Properties.Sum(p => p.Key.Length + p.Value.Length) > TextLength)
        {
            throw Errors.TooLong("each of stage.comment, role_name, arn, external_id and properties", TextLength);
        }

        var stage = request.Clone();
        stage.MysqlUserName.Clear();
        stage.MysqlUserId.Clear();
        stage.ObjInfo.EncryptionInfo = null; // What comes with a request is clear, whatever it says.
        stage.ObjInfo.Prefix = ObjectStoreRules.TrimPrefix(given.Prefix);
        if (!stage.HasCreateTime)
        {
            stage.CreateTime = now;
        }

        return stage;
    }

    private static void CheckAccess(StagePB request, ObjectStoreInfoPB given)
    {
        Check.Given(given.Bucket, "stage.obj_info.bucket");
        Check.Given(given.Endpoint, "stage.obj_info.endpoint");
        switch (request.AccessType)
        {
            case AccessType.Aksk:
                Check.Given(given.Ak, "stage.obj_info.ak");
                Check.Given(given.Sk, "stage.obj_info.sk");
                break;
            case AccessType.Iam:
                Check.Given(request.RoleName, "stage.role_name");
                Check.Given(request.Arn, "stage.arn");
                break;
            case AccessType.BucketAcl:
                break;
            default:
                throw Errors.Invalid("stage.access_type must be AKSK, IAM or BUCKET_ACL");
        }
    }

    private static StagePB FindInternal(InstanceInfoPB instance, GetStageRequest request)
    {
        var userName = Check.Given(request.MysqlUserName, "mysql_user_name");
        var userId = Check.Given(request.MysqlUserId, "mysql_user_id");
        var stage = instance.Stages.FirstOrDefault(s => IsInternalOf(s, userName))
            ?? throw StageErrors.NotFound($"mysql_user_name={userName}");
        var store = instance.ObjInfo.FirstOrDefault(o => o.Id == stage.ObjInfo.Id) ?? throw StageErrors.NoObjectStore();
        var complete = stage.Clone();
        complete.Type = StageType.Internal;
        complete.ObjInfo = store.Clone();
        complete.ObjInfo.Prefix = stage.ObjInfo.Prefix;
        return stage.MysqlUserId.Contains(userId) ? complete : throw StageErrors.StageOfFormerUser(complete, userName);
    }

    // Stages that are read by role or by bucket policy are read with the keys of a user of the service, which they do not store.
    private static StagePB WithKeys(InstanceInfoPB instance, StagePB stage, RamUserPB? iamUser)
    {
        var complete = stage.Clone();
        switch (stage.AccessType)
        {
            case AccessType.Iam when iamUser is not null:
                complete.ObjInfo.SetKeys(iamUser.Ak, iamUser.Sk);
                complete.ExternalId = instance.InstanceId;
                break;
            case AccessType.BucketAcl when instance.RamUser is { } ramUser:
                complete.ObjInfo.SetKeys(ramUser.Ak, ramUser.Sk);
                break;
        }

        return complete;
    }

    // Internal stages are stored without a type by some writers: it is the default.
    private static bool IsInternalOf(StagePB stage, string? name = null, string? id = null) =>
        stage.Type == StageType.Internal
        && (name is null || stage.MysqlUserName.Contains(name))
        && (id is null || stage.MysqlUserId.Contains(id));
}
