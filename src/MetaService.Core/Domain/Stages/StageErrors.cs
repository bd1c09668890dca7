using MetaService.Records.Cloud;

namespace MetaService.Domain.Stages;

/// <summary>The refusals of operations on stages.</summary>
internal static class StageErrors
{
    public static MetaServiceException TooMany(int limit) =>
        Errors.Invalid($"this instance has {limit} stages, which is the most");

    public static MetaServiceException IdInUse(string stageId) =>
        new(MetaServiceCode.AlreadyExisted, $"stage already exist, stage_id={stageId}");

    public static MetaServiceException NameInUse(string name) =>
        new(MetaServiceCode.AlreadyExisted, $"stage already exist, stage_name={name}");

    public static MetaServiceException UserHasStage(string userName) =>
        new(MetaServiceCode.AlreadyExisted, $"stage already exist, mysql_user_name={userName}");

    /// <summary>
    /// Carries a <see cref="GetStageResponse"/> with the stage, whose user was dropped and made again under its name.
    /// </summary>
    public static MetaServiceException StageOfFormerUser(StagePB stage, string userName) =>
        new(MetaServiceCode.StateAlreadyExistedForUser, $"the stage is a former user's, mysql_user_name={userName}")
        {
            PartialResponse = new GetStageResponse { Stage = { stage } },
        };

    public static MetaServiceException NotFound(string stage) => new(MetaServiceCode.StageNotFound, $"stage not found, {stage}");

    public static MetaServiceException NoObjectStore() =>
        Errors.Invalid("the instance has no obj_info, which internal stages are kept in");
}
