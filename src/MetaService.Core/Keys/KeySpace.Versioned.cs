using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using static MetaService.Keys.KeyField;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Keys;

/// <content>Key space 0x03: records in several versions, for snapshots.</content>
public static partial class KeySpace
{
    public static readonly KeyDefinition VersionedPartitionVersion = new(
        "VersionedPartitionVersionKey", Versioned, KeyValueFormat.Record(VersionPB.Descriptor),
        "the visible version of a partition",
        Literal("version"), Text("instance_id"), Literal("partition"), Number("partition_id"), EndStamp());

    public static readonly KeyDefinition VersionedTableVersion = new(
        "VersionedTableVersionKey", Versioned, KeyValueFormat.Empty, "the version of a table, which is the versionstamp",
        Literal("version"), Text("instance_id"), Literal("table"), Number("table_id"), EndStamp());

    public static readonly KeyDefinition VersionedPartitionIndex = new(
        "VersionedPartitionIndexKey", Versioned, KeyValueFormat.Record(PartitionIndexPB.Descriptor),
        "the database and table of a partition",
        Literal("index"), Text("instance_id"), Literal("partition"), Number("partition_id"));

    public static readonly KeyDefinition VersionedPartitionInverted = new(
        "VersionedPartitionInvertedIndexKey", Versioned, KeyValueFormat.Empty, "a partition of a table",
        Literal("index"), Text("instance_id"), Literal("partition_inverted"), Number("db_id"), Number("table_id"),
        Number("partition_id"));

    public static readonly KeyDefinition VersionedTabletIndex = new(
        "VersionedTabletIndexKey", Versioned, KeyValueFormat.Record(TabletIndexPB.Descriptor),
        "the table, index and partition of a tablet",
        Literal("index"), Text("instance_id"), Literal("tablet"), Number("tablet_id"));

    public static readonly KeyDefinition VersionedTabletInverted = new(
        "VersionedTabletInvertedIndexKey", Versioned, KeyValueFormat.Empty, "a tablet of a partition",
        Literal("index"), Text("instance_id"), Literal("tablet_inverted"), Number("db_id"), Number("table_id"),
        Number("index_id"), Number("partition_id"), Number("tablet_id"));

    public static readonly KeyDefinition VersionedIndexIndex = new(
        "VersionedIndexIndexKey", Versioned, KeyValueFormat.Record(IndexIndexPB.Descriptor),
        "the database and table of an index",
        Literal("index"), Text("instance_id"), Literal("index"), Number("index_id"));

    public static readonly KeyDefinition VersionedIndexInverted = new(
        "VersionedIndexInvertedKey", Versioned, KeyValueFormat.Empty, "an index of a table",
        Literal("index"), Text("instance_id"), Literal("index_inverted"), Number("db_id"), Number("table_id"),
        Number("index_id"));

    public static readonly KeyDefinition VersionedTabletLoadStats = new(
        "VersionedTabletLoadStatsKey", Versioned, KeyValueFormat.Record(TabletStatsPB.Descriptor),
        "statistics of a tablet from loads",
        Literal("stats"), Text("instance_id"), Literal("tablet_load"), Number("tablet_id"), EndStamp());

    public static readonly KeyDefinition VersionedTabletCompactStats = new(
        "VersionedTabletCompactStatsKey", Versioned, KeyValueFormat.Record(TabletStatsPB.Descriptor),
        "statistics of a tablet from compactions",
        Literal("stats"), Text("instance_id"), Literal("tablet_compact"), Number("tablet_id"), EndStamp());

    public static readonly KeyDefinition VersionedMetaPartition = new(
        "VersionedMetaPartitionKey", Versioned, KeyValueFormat.Empty, "that a partition exists",
        Literal("meta"), Text("instance_id"), Literal("partition"), Number("partition_id"), EndStamp());

    public static readonly KeyDefinition VersionedMetaIndex = new(
        "VersionedMetaIndexKey", Versioned, KeyValueFormat.Empty, "that an index exists",
        Literal("meta"), Text("instance_id"), Literal("index"), Number("index_id"), EndStamp());

    public static readonly KeyDefinition VersionedMetaTablet = new(
        "VersionedMetaTabletKey", Versioned, KeyValueFormat.Record(TabletMetaCloudPB.Descriptor), "a tablet",
        Literal("meta"), Text("instance_id"), Literal("tablet"), Number("tablet_id"), EndStamp());

    public static readonly KeyDefinition VersionedMetaSchema = new(
        "VersionedMetaSchemaKey", Versioned, KeyValueFormat.Record(TabletSchemaCloudPB.Descriptor),
        "a version of an index's schema",
        Literal("meta"), Text("instance_id"), Literal("schema"), Number("index_id"), Number("schema_version"));

    public static readonly KeyDefinition VersionedMetaRowsetLoad = new(
        "VersionedMetaRowsetLoadKey", Versioned, KeyValueFormat.Record(RowsetMetaCloudPB.Descriptor),
        "a rowset from a load, by its end version",
        Literal("meta"), Text("instance_id"), Literal("rowset_load"), Number("tablet_id"), Number("version"), EndStamp());

    public static readonly KeyDefinition VersionedMetaRowsetCompact = new(
        "VersionedMetaRowsetCompactKey", Versioned, KeyValueFormat.Record(RowsetMetaCloudPB.Descriptor),
        "a rowset from a compaction, by its end version",
        Literal("meta"), Text("instance_id"), Literal("rowset_compact"), Number("tablet_id"), Number("version"), EndStamp());

    public static readonly KeyDefinition VersionedMetaRowset = new(
        "VersionedMetaRowsetKey", Versioned, KeyValueFormat.Record(RowsetMetaCloudPB.Descriptor), "a rowset by its id",
        Literal("meta"), Text("instance_id"), Literal("rowset"), Number("tablet_id"), Text("rowset_id"));

    public static readonly KeyDefinition VersionedMetaDeleteBitmap = new(
        "VersionedMetaDeleteBitmapKey", Versioned, KeyValueFormat.Record(DeleteBitmapStoragePB.Descriptor),
        "the delete bitmap of a rowset",
        Literal("meta"), Text("instance_id"), Literal("delete_bitmap"), Number("tablet_id"), Text("rowset_id"));

    public static readonly KeyDefinition VersionedDataRowsetRefCount = new(
        "VersionedDataRowsetRefCountKey", Versioned, KeyValueFormat.Counter, "how many instances use the files of a rowset",
        Literal("data"), Text("instance_id"), Literal("rowset_ref_count"), Number("tablet_id"), Text("rowset_id"));

    public static readonly KeyDefinition VersionedSnapshotFull = new(
        "VersionedSnapshotFullKey", Versioned, KeyValueFormat.Record(SnapshotPB.Descriptor), "a snapshot of the whole instance",
        Literal("snapshot"), Text("instance_id"), Literal("full"), EndStamp());

    public static readonly KeyDefinition VersionedSnapshotReference = new(
        "VersionedSnapshotReferenceKey", Versioned, KeyValueFormat.Empty, "an instance made from a snapshot",
        Literal("snapshot"), Text("instance_id"), Literal("reference"), Stamp("snapshot_versionstamp"),
        Text("ref_instance_id"));

    public static readonly KeyDefinition VersionedLog = new(
        "VersionedLogKey", Versioned, KeyValueFormat.Split(OperationLogPB.Descriptor), "an operation, for the recycler",
        Literal("log"), Text("instance_id"), EndStamp());
}
