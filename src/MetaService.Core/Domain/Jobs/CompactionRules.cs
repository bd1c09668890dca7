using MetaService.Domain.Tablets;
using MetaService.Records.Cloud;
using CompactionType = MetaService.Records.Cloud.TabletCompactionJobPB.Types.CompactionType;

namespace MetaService.Domain.Jobs;

/// <summary>Which compactions of a tablet may run beside each other; pure functions of records. Times are unix seconds.</summary>
internal static class CompactionRules
{
    /// <summary>Checks a compaction that is to be started.</summary>
    public static void Check(TabletCompactionJobPB compaction)
    {
        Domain.Check.Given(compaction.Id, "job.compaction.id");
        if (!Enum.IsDefined(compaction.Type) || compaction.Type == CompactionType.Unkown)
        {
            throw JobErrors.UnknownType();
        }

        if (!compaction.HasBaseCompactionCnt || !compaction.HasCumulativeCompactionCnt)
        {
            throw Errors.Missing("job.compaction.base_compaction_cnt and cumulative_compaction_cnt");
        }

        TabletArguments.NotNegative(compaction.BaseCompactionCnt, "job.compaction.base_compaction_cnt");
        TabletArguments.NotNegative(compaction.CumulativeCompactionCnt, "job.compaction.cumulative_compaction_cnt");
        if (compaction.Type != CompactionType.EmptyCumulative)
        {
            TabletArguments.Id(compaction.Expiration, "job.compaction.expiration");
        }

        TabletArguments.Id(compaction.Lease, "job.compaction.lease");
        if (compaction.InputVersions.Count > 0)
        {
            CheckVersions(compaction.InputVersions, "job.compaction.input_versions");
        }
        else if (compaction.CheckInputVersionsRange)
        {
            throw JobErrors.BadVersions("job.compaction.input_versions");
        }
    }

    /// <summary>Two versions in order, none negative.</summary>
    public static void CheckVersions(IReadOnlyList<long> versions, string field)
    {
        if (versions.Count != 2 || versions[0] < 0 || versions[0] > versions[1])
        {
            throw JobErrors.BadVersions(field);
        }
    }

    /// <summary>Refuses a compaction that was planned on an older state of the tablet.</summary>
    public static void RequireFresh(TabletCompactionJobPB compaction, TabletStatsPB stats)
    {
        var tabletId = stats.Idx?.TabletId ?? 0;
        if (compaction.BaseCompactionCnt < stats.BaseCompactionCnt)
        {
            throw JobErrors.StaleCounts(tabletId, "base_compaction_cnt", compaction.BaseCompactionCnt, stats.BaseCompactionCnt);
        }

        if (compaction.CumulativeCompactionCnt < stats.CumulativeCompactionCnt)
        {
            throw JobErrors.StaleCounts(
                tabletId, "cumulative_compaction_cnt", compaction.CumulativeCompactionCnt, stats.CumulativeCompactionCnt);
        }
    }

    /// <summary>Adds a compaction to a tablet's jobs, after those whose time has passed were removed.</summary>
    /// <returns>False when this very job is running already: nothing is to be done.</returns>
    /// <exception cref="MetaServiceException">A running job excludes it.</exception>
    public static bool Start(TabletJobInfoPB jobs, TabletCompactionJobPB compaction, long now)
    {
        var tabletId = jobs.Idx.TabletId;
        RequireUncut(jobs, compaction);
        RemovePassed(jobs, now);
        if (jobs.Compaction.FirstOrDefault(c => c.Id == compaction.Id && c.Type != compaction.Type) is { } namesake)
        {
            throw JobErrors.TabletBusy(tabletId, namesake, []);
        }

        if (compaction.Type is CompactionType.Full or CompactionType.StopToken)
        {
            if (jobs.Compaction.Any(c => c.Id == compaction.Id))
            {
                return false;
            }

            RequireNoStopToken(jobs);
            jobs.Compaction.Clear(); // Those cleared find out when they finish.
        }
        else
        {
            RequireNoStopToken(jobs);
            if (jobs.Compaction.FirstOrDefault(c => Excludes(c, compaction)) is { } rival)
            {
                return rival.Id == compaction.Id
                    ? false
                    : throw JobErrors.TabletBusy(tabletId, rival, VersionsTaken(jobs, compaction));
            }
        }

        jobs.Compaction.Add(compaction);
        return true;
    }

    /// <summary>Removes the compactions whose expiration or lease has passed.</summary>
    /// <returns>How many.</returns>
    public static int RemovePassed(TabletJobInfoPB jobs, long now)
    {
        var passed = jobs.Compaction.Where(c => HasPassed(c.Expiration, now) || HasPassed(c.Lease, now)).ToList();
        foreach (var compaction in passed)
        {
            jobs.Compaction.Remove(compaction);
        }

        return passed.Count;
    }

    /// <summary>Whether a point in time is set and over.</summary>
    public static bool HasPassed(long time, long now) => time > 0 && time < now;

    private static void RequireNoStopToken(TabletJobInfoPB jobs)
    {
        if (jobs.Compaction.FirstOrDefault(c => c.Type == CompactionType.StopToken) is { } token)
        {
            throw JobErrors.TabletBusy(jobs.Idx.TabletId, token, []);
        }
    }

    /// <summary>A schema change converts all up to a version: an input that reaches over it would mix old and new rows.</summary>
    private static void RequireUncut(TabletJobInfoPB jobs, TabletCompactionJobPB compaction)
    {
        if (jobs.SchemaChange is { HasAlterVersion: true } change && compaction.InputVersions.Count == 2
            && compaction.InputVersions[0] <= change.AlterVersion && compaction.InputVersions[1] > change.AlterVersion)
        {
            throw JobErrors.CutByAlterVersion(jobs.Idx.TabletId, change.AlterVersion);
        }
    }

    private static bool Competes(TabletCompactionJobPB running, TabletCompactionJobPB compaction) =>
        running.Type == compaction.Type || running.Type == CompactionType.Full;

    private static bool Excludes(TabletCompactionJobPB running, TabletCompactionJobPB compaction)
    {
        if (!Competes(running, compaction))
        {
            return false;
        }

        var checksRange = compaction.InputVersions.Count == 2
            && (!compaction.HasCheckInputVersionsRange || compaction.CheckInputVersionsRange);
        var areApart = checksRange && running.InputVersions.Count == 2
            && (running.InputVersions[1] < compaction.InputVersions[0] || running.InputVersions[0] > compaction.InputVersions[1]);
        return !areApart;
    }

    private static IEnumerable<long> VersionsTaken(TabletJobInfoPB jobs, TabletCompactionJobPB compaction) =>
        compaction.InputVersions.Count == 0
            ? []
            : jobs.Compaction.Where(c => Competes(c, compaction)).SelectMany(c => c.InputVersions);
}
