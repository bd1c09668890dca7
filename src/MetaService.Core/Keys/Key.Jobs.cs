using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Keys;

/// <content>Statistics, recycling, jobs and COPY INTO.</content>
public static partial class Key
{
    public static RecordKey<TabletStatsPB> StatsTablet(
        string instanceId, long tableId, long indexId, long partitionId, long tabletId) =>
        new(KeySpace.StatsTablet.Encode(instanceId, tableId, indexId, partitionId, tabletId));

    public static RecordKey<TabletStatsPB> StatsTablet(string instanceId, TabletIndexPB tablet) =>
        StatsTablet(instanceId, tablet.TableId, tablet.IndexId, tablet.PartitionId, tablet.TabletId);

    public static CounterKey StatsTablet(string instanceId, TabletIndexPB tablet, TabletCounter counter) =>
        new(KeySpace.StatsCounter(counter).Encode(
            instanceId, tablet.TableId, tablet.IndexId, tablet.PartitionId, tablet.TabletId));

    public static RecordKey<RecycleIndexPB> RecycleIndex(string instanceId, long indexId) =>
        new(KeySpace.RecycleIndex.Encode(instanceId, indexId));

    public static RecordKey<RecyclePartitionPB> RecyclePartition(string instanceId, long partitionId) =>
        new(KeySpace.RecyclePartition.Encode(instanceId, partitionId));

    public static RecordKey<RecycleRowsetPB> RecycleRowset(string instanceId, long tabletId, string rowsetId) =>
        new(KeySpace.RecycleRowset.Encode(instanceId, tabletId, rowsetId));

    public static RecordKey<RecycleTxnPB> RecycleTxn(string instanceId, long dbId, long txnId) =>
        new(KeySpace.RecycleTxn.Encode(instanceId, dbId, txnId));

    public static SecretRecordKey<RecycleStagePB> RecycleStage(string instanceId, string stageId) =>
        new(KeySpace.RecycleStage.Encode(instanceId, stageId), instanceId, stageId);

    public static RecordKey<TabletJobInfoPB> JobTablet(
        string instanceId, long tableId, long indexId, long partitionId, long tabletId) =>
        new(KeySpace.JobTablet.Encode(instanceId, tableId, indexId, partitionId, tabletId));

    public static RecordKey<TabletJobInfoPB> JobTablet(string instanceId, TabletIndexPB tablet) =>
        JobTablet(instanceId, tablet.TableId, tablet.IndexId, tablet.PartitionId, tablet.TabletId);

    public static RecordKey<JobRecyclePB> JobCheck(string instanceId) => new(KeySpace.JobCheck.Encode(instanceId));

    public static RecordKey<JobRecyclePB> JobRecycle(string instanceId) => new(KeySpace.JobRecycle.Encode(instanceId));

    public static RecordKey<JobRecyclePB> JobSnapshotDataMigrator(string instanceId) =>
        new(KeySpace.JobSnapshotDataMigrator.Encode(instanceId));

    public static RecordKey<JobRecyclePB> JobSnapshotChainCompactor(string instanceId) =>
        new(KeySpace.JobSnapshotChainCompactor.Encode(instanceId));

    public static RecordKey<RoutineLoadProgressPB> RoutineLoadProgress(string instanceId, long dbId, long jobId) =>
        new(KeySpace.RoutineLoadProgress.Encode(instanceId, dbId, jobId));

    public static RecordKey<StreamingTaskCommitAttachmentPB> StreamingJob(string instanceId, long dbId, long jobId) =>
        new(KeySpace.StreamingJob.Encode(instanceId, dbId, jobId));

    public static RecordKey<RestoreJobCloudPB> RestoreTablet(string instanceId, long tabletId) =>
        new(KeySpace.RestoreTablet.Encode(instanceId, tabletId));

    public static RecordKey<RowsetMetaCloudPB> RestoreRowset(string instanceId, long tabletId, long version) =>
        new(KeySpace.RestoreRowset.Encode(instanceId, tabletId, version));

    public static RecordKey<CopyJobPB> CopyJob(string instanceId, string stageId, long tableId, string copyId, long groupId) =>
        new(KeySpace.CopyJob.Encode(instanceId, stageId, tableId, copyId, groupId));

    public static RecordKey<CopyFilePB> CopyFile(
        string instanceId, string stageId, long tableId, string objectKey, string etag) =>
        new(KeySpace.CopyFile.Encode(instanceId, stageId, tableId, objectKey, etag));
}
