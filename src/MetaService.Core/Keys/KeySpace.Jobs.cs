using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using static MetaService.Keys.KeyField;

namespace MetaService.Keys;

/// <content>Key space 0x01: statistics, recycling, jobs, COPY INTO and vaults.</content>
public static partial class KeySpace
{
    public static readonly KeyDefinition StatsTablet = new(
        "StatsTabletKey", User, KeyValueFormat.Record(TabletStatsPB.Descriptor), "aggregated statistics of a tablet",
        Literal("stats"), Text("instance_id"), Literal("tablet"), Number("table_id"), Number("index_id"),
        Number("part_id"), Number("tablet_id"));

    public static readonly KeyDefinition StatsDataSize = new(
        "StatsTabletDataSizeKey", User, KeyValueFormat.Counter, "bytes of data of a tablet beyond its aggregated statistics",
        Literal("stats"), Text("instance_id"), Literal("tablet"), Number("table_id"), Number("index_id"),
        Number("part_id"), Number("tablet_id"), Literal("data_size"));

    public static readonly KeyDefinition StatsNumRows = new(
        "StatsTabletNumRowsKey", User, KeyValueFormat.Counter, "rows of a tablet beyond its aggregated statistics",
        Literal("stats"), Text("instance_id"), Literal("tablet"), Number("table_id"), Number("index_id"),
        Number("part_id"), Number("tablet_id"), Literal("num_rows"));

    public static readonly KeyDefinition StatsNumRowsets = new(
        "StatsTabletNumRowsetsKey", User, KeyValueFormat.Counter, "rowsets of a tablet beyond its aggregated statistics",
        Literal("stats"), Text("instance_id"), Literal("tablet"), Number("table_id"), Number("index_id"),
        Number("part_id"), Number("tablet_id"), Literal("num_rowsets"));

    public static readonly KeyDefinition StatsNumSegments = new(
        "StatsTabletNumSegmentsKey", User, KeyValueFormat.Counter, "segments of a tablet beyond its aggregated statistics",
        Literal("stats"), Text("instance_id"), Literal("tablet"), Number("table_id"), Number("index_id"),
        Number("part_id"), Number("tablet_id"), Literal("num_segs"));

    public static readonly KeyDefinition StatsIndexSize = new(
        "StatsTabletIndexSizeKey", User, KeyValueFormat.Counter,
        "bytes of indexes of a tablet beyond its aggregated statistics",
        Literal("stats"), Text("instance_id"), Literal("tablet"), Number("table_id"), Number("index_id"),
        Number("part_id"), Number("tablet_id"), Literal("index_size"));

    public static readonly KeyDefinition StatsSegmentSize = new(
        "StatsTabletSegmentSizeKey", User, KeyValueFormat.Counter,
        "bytes of segments of a tablet beyond its aggregated statistics",
        Literal("stats"), Text("instance_id"), Literal("tablet"), Number("table_id"), Number("index_id"),
        Number("part_id"), Number("tablet_id"), Literal("segment_size"));

    public static readonly KeyDefinition RecycleIndex = new(
        "RecycleIndexKey", User, KeyValueFormat.Record(RecycleIndexPB.Descriptor), "an index being made or dropped",
        Literal("recycle"), Text("instance_id"), Literal("index"), Number("index_id"));

    public static readonly KeyDefinition RecyclePartition = new(
        "RecyclePartKey", User, KeyValueFormat.Record(RecyclePartitionPB.Descriptor), "a partition being made or dropped",
        Literal("recycle"), Text("instance_id"), Literal("partition"), Number("part_id"));

    public static readonly KeyDefinition RecycleRowset = new(
        "RecycleRowsetKey", User, KeyValueFormat.Record(RecycleRowsetPB.Descriptor),
        "a rowset being written, or replaced by a compaction",
        Literal("recycle"), Text("instance_id"), Literal("rowset"), Number("tablet_id"), Text("rowset_id"));

    public static readonly KeyDefinition RecycleTxn = new(
        "RecycleTxnKey", User, KeyValueFormat.Record(RecycleTxnPB.Descriptor), "a finished transaction",
        Literal("recycle"), Text("instance_id"), Literal("txn"), Number("db_id"), Number("txn_id"));

    public static readonly KeyDefinition RecycleStage = new(
        "RecycleStageKey", User, KeyValueFormat.Record(RecycleStagePB.Descriptor), "a dropped stage",
        Literal("recycle"), Text("instance_id"), Literal("stage"), Text("stage_id"));

    public static readonly KeyDefinition JobTablet = new(
        "JobTabletKey", User, KeyValueFormat.Record(TabletJobInfoPB.Descriptor), "compactions and schema change of a tablet",
        Literal("job"), Text("instance_id"), Literal("tablet"), Number("table_id"), Number("index_id"),
        Number("part_id"), Number("tablet_id"));

    // encode_key's JobRecycleKey has always made the key of the check job; the key of the recycle job is under a name of its own.
    public static readonly KeyDefinition JobCheck = new(
        "JobRecycleKey", User, KeyValueFormat.Record(JobRecyclePB.Descriptor), "who checks the instance's data",
        Literal("job"), Text("instance_id"), Literal("check"));

    public static readonly KeyDefinition JobRecycle = new(
        "JobInstanceRecycleKey", User, KeyValueFormat.Record(JobRecyclePB.Descriptor), "who recycles the instance's data",
        Literal("job"), Text("instance_id"), Literal("recycle"));

    public static readonly KeyDefinition JobSnapshotDataMigrator = new(
        "JobSnapshotDataMigratorKey", User, KeyValueFormat.Record(JobRecyclePB.Descriptor),
        "who migrates the instance's data for snapshots",
        Literal("job"), Text("instance_id"), Literal("snapshot_data_migrator"));

    public static readonly KeyDefinition JobSnapshotChainCompactor = new(
        "JobSnapshotChainCompactorKey", User, KeyValueFormat.Record(JobRecyclePB.Descriptor),
        "who compacts the instance's chain of snapshots",
        Literal("job"), Text("instance_id"), Literal("snapshot_chain_compactor"));

    public static readonly KeyDefinition RoutineLoadProgress = new(
        "RLJobProgressKey", User, KeyValueFormat.Record(RoutineLoadProgressPB.Descriptor),
        "how far a routine load job has come",
        Literal("job"), Text("instance_id"), Literal("routine_load_progress"), Number("db_id"), Number("job_id"));

    public static readonly KeyDefinition StreamingJob = new(
        "StreamingJobKey", User, KeyValueFormat.Record(StreamingTaskCommitAttachmentPB.Descriptor),
        "how far a streaming job has come",
        Literal("job"), Text("instance_id"), Literal("streaming_job"), Number("db_id"), Number("job_id"));

    public static readonly KeyDefinition RestoreTablet = new(
        "JobRestoreTabletKey", User, KeyValueFormat.Record(RestoreJobCloudPB.Descriptor), "the restore job of a tablet",
        Literal("job"), Text("instance_id"), Literal("restore_tablet"), Number("tablet_id"));

    public static readonly KeyDefinition RestoreRowset = new(
        "JobRestoreRowsetKey", User, KeyValueFormat.Record(RowsetMetaCloudPB.Descriptor), "a rowset of a tablet being restored",
        Literal("job"), Text("instance_id"), Literal("restore_rowset"), Number("tablet_id"), Number("version"));

    public static readonly KeyDefinition CopyJob = new(
        "CopyJobKey", User, KeyValueFormat.Record(CopyJobPB.Descriptor), "a COPY INTO job",
        Literal("copy"), Text("instance_id"), Literal("job"), Text("stage_id"), Number("table_id"), Text("copy_id"),
        Number("group_id"));

    public static readonly KeyDefinition CopyFile = new(
        "CopyFileKey", User, KeyValueFormat.Record(CopyFilePB.Descriptor), "a file that a COPY INTO job loads or has loaded",
        Literal("copy"), Text("instance_id"), Literal("loading_file"), Text("stage_id"), Number("table_id"),
        Text("obj_key"), Text("obj_etag"));

    public static readonly KeyDefinition StorageVault = new(
        "StorageVaultKey", User, KeyValueFormat.Record(StorageVaultPB.Descriptor), "a storage vault of an instance",
        Literal("storage_vault"), Text("instance_id"), Literal("vault"), Text("vault_id"));
}
