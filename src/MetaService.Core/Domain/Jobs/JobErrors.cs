using MetaService.Records.Cloud;
using MetaService.Records.Olap;

namespace MetaService.Domain.Jobs;

/// <summary>The refusals of tablet jobs.</summary>
internal static class JobErrors
{
    public static MetaServiceException NotOneJob() =>
        Errors.Invalid("job must hold exactly one compaction, or a schema_change");

    public static MetaServiceException UnknownType() =>
        Errors.Invalid("job.compaction.type is required and must be one that can be run");

    public static MetaServiceException UnknownAction() => Errors.Invalid("action is required and must be COMMIT, ABORT or LEASE");

    public static MetaServiceException BadVersions(string field) =>
        Errors.Invalid($"{field} must be two versions, the first not above the second");

    public static MetaServiceException StaleCounts(long tabletId, string field, long requested, long stored) => new(
        MetaServiceCode.StaleTabletCache,
        $"the tablet has been compacted since, tablet_id={tabletId} {field} requested={requested} stored={stored}");

    /// <summary>
    /// Carries a <see cref="StartTabletJobResponse"/> with the version ranges, start and end in turn, that are taken.
    /// </summary>
    public static MetaServiceException TabletBusy(long tabletId, TabletCompactionJobPB running, IEnumerable<long> versionsTaken)
    {
        var response = new StartTabletJobResponse();
        response.VersionInCompaction.Add(versionsTaken);
        return new(
            MetaServiceCode.JobTabletBusy,
            $"compaction has already started, tablet_id={tabletId} job_id={running.Id} initiator={running.Initiator}")
        {
            PartialResponse = response,
        };
    }

    /// <summary>Carries a <see cref="StartTabletJobResponse"/> with the alter_version.</summary>
    public static MetaServiceException CutByAlterVersion(long tabletId, long alterVersion) =>
        new(
            MetaServiceCode.JobCheckAlterVersion,
            $"input_versions reach over that of a running schema change, tablet_id={tabletId} alter_version={alterVersion}")
        {
            PartialResponse = new StartTabletJobResponse { AlterVersion = alterVersion },
        };

    public static MetaServiceException NoJob(long tabletId) => Errors.Invalid($"job not found, tablet_id={tabletId}");

    public static MetaServiceException NoCompaction(long tabletId) =>
        Errors.Invalid($"there is no running compaction, tablet_id={tabletId}");

    public static MetaServiceException NoSchemaChange(long tabletId) =>
        Errors.Invalid($"there is no running schema_change, tablet_id={tabletId}");

    public static MetaServiceException OtherJob(long tabletId, string jobId) =>
        Errors.Invalid($"unmatched job id, tablet_id={tabletId} job_id={jobId}");

    public static MetaServiceException OtherInitiator(long tabletId, string initiator) =>
        Errors.Invalid($"unmatched initiator, tablet_id={tabletId} recorded_initiator={initiator}");

    public static MetaServiceException OtherNewTablet(long tabletId, long recorded) =>
        Errors.Invalid($"unmatched new_tablet_idx, tablet_id={tabletId} recorded_new_tablet_id={recorded}");

    public static MetaServiceException OtherAlterVersion(long tabletId, long recorded) =>
        Errors.Invalid($"unmatched alter_version, tablet_id={tabletId} recorded_alter_version={recorded}");

    public static MetaServiceException OtherType(TabletCompactionJobPB.Types.CompactionType recorded) =>
        Errors.Invalid($"unmatched compaction type, recorded_type={recorded}");

    public static MetaServiceException Expired(long tabletId, long expiration, long now) =>
        new(MetaServiceCode.JobExpired, $"the job has expired, tablet_id={tabletId} expiration={expiration} now={now}");

    public static MetaServiceException InvalidLease(long recorded, long requested) =>
        Errors.Invalid($"invalid lease, recorded_lease={recorded} req_lease={requested}");

    public static MetaServiceException OutputMissing(long txnId, long tabletId) =>
        Errors.Invalid($"the output rowset is not committed, txn_id={txnId} tablet_id={tabletId}");

    public static MetaServiceException OutputMismatch(string rowsetId) =>
        Errors.Invalid($"the output rowset does not match the job in id or versions, rowset_id={rowsetId}");

    public static MetaServiceException InputMismatch(long tabletId, long start, long end) =>
        Errors.Invalid($"the tablet's rowsets are not exactly the input versions, tablet_id={tabletId} versions={start}-{end}");

    public static MetaServiceException SameTablet(long tabletId) =>
        Errors.Invalid($"new_tablet_idx is the tablet itself, tablet_id={tabletId}");

    public static MetaServiceException NewTabletState(long tabletId, TabletStatePB state) =>
        Errors.Invalid($"invalid new tablet state, tablet_id={tabletId} state={state}");

    public static MetaServiceException AlreadySuccess(long newTabletId) =>
        new(MetaServiceCode.JobAlreadySuccess, $"schema_change job already success, new_tablet_id={newTabletId}");
}
