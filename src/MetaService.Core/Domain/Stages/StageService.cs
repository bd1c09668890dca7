using MetaService.Domain.Audit;
using MetaService.Domain.Instances;
using MetaService.Domain.Secrets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Security;
using MetaService.Storage;
using StageType = MetaService.Records.Cloud.StagePB.Types.StageType;

namespace MetaService.Domain.Stages;

/// <summary>Settings of the stages.</summary>
public sealed class StageOptions
{
    /// <summary>Most stages of one instance: they are part of its record.</summary>
    public int MaxStages { get; set; } = 40;
}

/// <summary>The stages of instances, the places that COPY INTO reads files from; each method is one transaction.</summary>
public sealed class StageService(TransactionRunner runner, TimeProvider time, StageOptions options, SealedRecords secrets)
{
    /// <summary>Creates a stage: internal for a user that has none, external under a name that is free.</summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range, or there are too many; ALREADY_EXISTED: the id, user or name has
    /// one.
    /// </exception>
    public Task<CreateStageResponse> CreateStageAsync(
        CreateStageRequest request, ChangeOrigin origin, CancellationToken cancellationToken)
    {
        if (request.Stage is null)
        {
            throw Errors.Missing("stage");
        }

        return AuditedChange.RunAsync(
            runner,
            origin,
            time,
            async (change, token) =>
            {
                var instance = await LoadForChangeAsync(change.Transaction, request.CloudUniqueId, token).ConfigureAwait(false);
                StageRules.Add(instance, request.Stage, options.MaxStages, time.GetUtcNow().ToUnixTimeSeconds());
                await secrets.SaveAsync(change, instance.InstanceId, instance, token).ConfigureAwait(false);
                return new CreateStageResponse();
            },
            cancellationToken);
    }

    /// <summary>
    /// The internal stage of a user, or the external stage of a name, or all external ones; with the keys to read them.
    /// </summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range; STAGE_NOT_FOUND; STATE_ALREADY_EXISTED_FOR_USER, with the stage: it
    /// belongs to a former user of this name; ERR_DECPYPT: a secret cannot be opened.
    /// </exception>
    public Task<GetStageResponse> GetStageAsync(GetStageRequest request, CancellationToken cancellationToken) =>
        GetStageAsync(request, trace: null, cancellationToken);

    /// <summary>The same, with a trace of what was read.</summary>
    /// <exception cref="MetaServiceException">As of the other.</exception>
    public Task<GetStageResponse> GetStageAsync(GetStageRequest request, ReadTrace? trace, CancellationToken cancellationToken) =>
        runner.ReadAsync(
            async (reader, token) =>
            {
                var instanceId = await InstanceResolver.ResolveAsync(reader, request.CloudUniqueId, token).ConfigureAwait(false);
                var instance = await InstanceStore.LoadAsync(reader, instanceId, token).ConfigureAwait(false);
                await secrets.OpenAsync(reader, Key.Instance(instanceId), instance, token).ConfigureAwait(false);
                var iamUser = await reader.GetAsync(Key.ArnInfo(), cancellationToken: token).ConfigureAwait(false);
                if (iamUser is not null)
                {
                    await secrets.OpenAsync(reader, Key.ArnInfo(), iamUser, token).ConfigureAwait(false);
                }

                var response = new GetStageResponse();
                response.Stage.Add(StageRules.Find(instance, request, iamUser));
                return response;
            },
            trace,
            cancellationToken);

    /// <summary>Drops a stage. The files of an internal one are removed later; those of an external one are not ours.</summary>
    /// <exception cref="MetaServiceException">INVALID_ARGUMENT: a field is missing or out of range; STAGE_NOT_FOUND.</exception>
    public Task<DropStageResponse> DropStageAsync(
        DropStageRequest request, ChangeOrigin origin, CancellationToken cancellationToken) =>
        AuditedChange.RunAsync(
            runner,
            origin,
            time,
            async (change, token) =>
            {
                var instance = await LoadForChangeAsync(change.Transaction, request.CloudUniqueId, token).ConfigureAwait(false);
                if (request.Type == StageType.Internal)
                {
                    // Its secrets are bound to where they are: they are sealed anew for the other record.
                    var place = Key.Instance(instance.InstanceId);
                    await secrets.OpenAsync(change.Transaction, place, instance, InstanceSecrets.Stages, token).ConfigureAwait(false);
                }

                var stage = StageRules.Remove(instance, request);
                if (stage.Type == StageType.Internal)
                {
                    await secrets.SetAsync(
                        change,
                        Key.RecycleStage(instance.InstanceId, stage.StageId),
                        new RecycleStagePB { InstanceId = instance.InstanceId, Reason = request.Reason, Stage = stage },
                        $"dropped stage {stage.StageId}",
                        token).ConfigureAwait(false);
                }

                await secrets.SaveAsync(change, instance.InstanceId, instance, token).ConfigureAwait(false);
                return new DropStageResponse();
            },
            cancellationToken);

    private static async ValueTask<InstanceInfoPB> LoadForChangeAsync(
        IKvTransaction transaction, string cloudUniqueId, CancellationToken token)
    {
        var instanceId = await InstanceResolver.ResolveAsync(transaction, cloudUniqueId, token).ConfigureAwait(false);
        var instance = await InstanceStore.LoadForChangeAsync(transaction, instanceId, token).ConfigureAwait(false);
        instance.InstanceId = instanceId;
        return instance;
    }
}
