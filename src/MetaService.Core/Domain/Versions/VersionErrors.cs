using MetaService.Records.Cloud;

namespace MetaService.Domain.Versions;

/// <summary>The refusals of reads of versions.</summary>
internal static class VersionErrors
{
    public static MetaServiceException NotFound(VersionSubject subject) => new(
        MetaServiceCode.VersionNotFound,
        $"version not found, db_id={subject.DbId} table_id={subject.TableId}"
            + (subject.PartitionId is { } partitionId ? $" partition_id={partitionId}" : ""));
}
