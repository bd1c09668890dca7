using MetaService.Records.Cloud;

namespace MetaService.Domain.Partitions;

/// <summary>The refusals of operations on indexes and partitions.</summary>
internal static class PartitionErrors
{
    public static MetaServiceException IndexExists(long indexId) =>
        new(MetaServiceCode.AlreadyExisted, $"index already existed, index_id={indexId}");

    public static MetaServiceException PartitionExists(long partitionId) =>
        new(MetaServiceCode.AlreadyExisted, $"partition already existed, partition_id={partitionId}");

    public static MetaServiceException IndexRecycled(long indexId) =>
        Errors.Invalid($"index has been recycled, index_id={indexId}");

    public static MetaServiceException PartitionRecycled(long partitionId) =>
        Errors.Invalid($"partition has been recycled, partition_id={partitionId}");

    public static MetaServiceException IndexState(long indexId, RecycleIndexPB.Types.State state) =>
        Errors.Invalid($"invalid recycle index state: {state}, index_id={indexId}");

    public static MetaServiceException PartitionState(long partitionId, RecyclePartitionPB.Types.State state) =>
        Errors.Invalid($"invalid recycle partition state: {state}, partition_id={partitionId}");
}
