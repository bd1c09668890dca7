using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using static MetaService.Keys.KeyField;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Keys;

/// <content>Key space 0x01: instances, transactions, versions and the metadata of tables.</content>
public static partial class KeySpace
{
    public static readonly KeyDefinition Instance = new(
        "InstanceKey", User, KeyValueFormat.Record(InstanceInfoPB.Descriptor),
        "an instance with its clusters, nodes and object stores",
        Literal("instance"), Text("instance_id"));

    public static readonly KeyDefinition TxnLabel = new(
        "TxnLabelKey", User, KeyValueFormat.Stamped(TxnLabelPB.Descriptor), "the transactions that used a label",
        Literal("txn"), Text("instance_id"), Literal("txn_label"), Number("db_id"), Text("label"));

    public static readonly KeyDefinition TxnInfo = new(
        "TxnInfoKey", User, KeyValueFormat.Record(TxnInfoPB.Descriptor), "a transaction",
        Literal("txn"), Text("instance_id"), Literal("txn_info"), Number("db_id"), Number("txn_id"));

    public static readonly KeyDefinition TxnIndex = new(
        "TxnIndexKey", User, KeyValueFormat.Record(TxnIndexPB.Descriptor), "the database of a transaction",
        Literal("txn"), Text("instance_id"), Literal("txn_index"), Number("txn_id"));

    public static readonly KeyDefinition TxnRunning = new(
        "TxnRunningKey", User, KeyValueFormat.Record(TxnRunningPB.Descriptor), "a transaction that is not finished",
        Literal("txn"), Text("instance_id"), Literal("txn_running"), Number("db_id"), Number("txn_id"));

    public static readonly KeyDefinition PartitionVersion = new(
        "PartitionVersionKey", User, KeyValueFormat.Record(VersionPB.Descriptor), "the visible version of a partition",
        Literal("version"), Text("instance_id"), Literal("partition"), Number("db_id"), Number("tbl_id"),
        Number("partition_id"));

    public static readonly KeyDefinition TableVersion = new(
        "TableVersionKey", User, KeyValueFormat.Counter, "the version of a table",
        Literal("version"), Text("instance_id"), Literal("table"), Number("db_id"), Number("tbl_id"));

    public static readonly KeyDefinition MetaRowset = new(
        "MetaRowsetKey", User, KeyValueFormat.Record(RowsetMetaCloudPB.Descriptor), "a visible rowset, by its end version",
        Literal("meta"), Text("instance_id"), Literal("rowset"), Number("tablet_id"), Number("version"));

    public static readonly KeyDefinition MetaRowsetTmp = new(
        "MetaRowsetTmpKey", User, KeyValueFormat.Record(RowsetMetaCloudPB.Descriptor), "a rowset of an unfinished transaction",
        Literal("meta"), Text("instance_id"), Literal("rowset_tmp"), Number("txn_id"), Number("tablet_id"));

    public static readonly KeyDefinition MetaTablet = new(
        "MetaTabletKey", User, KeyValueFormat.Record(TabletMetaCloudPB.Descriptor), "a tablet",
        Literal("meta"), Text("instance_id"), Literal("tablet"), Number("table_id"), Number("index_id"),
        Number("part_id"), Number("tablet_id"));

    public static readonly KeyDefinition MetaTabletIndex = new(
        "MetaTabletIdxKey", User, KeyValueFormat.Record(TabletIndexPB.Descriptor), "the table, index and partition of a tablet",
        Literal("meta"), Text("instance_id"), Literal("tablet_index"), Number("tablet_id"));

    public static readonly KeyDefinition MetaSchema = new(
        "MetaSchemaKey", User, KeyValueFormat.Split(TabletSchemaCloudPB.Descriptor), "a version of an index's schema",
        Literal("meta"), Text("instance_id"), Literal("schema"), Number("index_id"), Number("schema_version"));

    public static readonly KeyDefinition MetaSchemaDictionary = new(
        "MetaSchemaPBDictionaryKey", User, KeyValueFormat.Split(SchemaCloudDictionary.Descriptor),
        "columns that the schemas of an index share",
        Literal("meta"), Text("instance_id"), Literal("tablet_schema_pb_dict"), Number("index_id"));

    public static readonly KeyDefinition DeleteBitmapLock = new(
        "MetaDeleteBitmapUpdateLock", User, KeyValueFormat.Record(DeleteBitmapUpdateLockPB.Descriptor),
        "who may change delete bitmaps of a table; partition -1 is all of it",
        Literal("meta"), Text("instance_id"), Literal("delete_bitmap_lock"), Number("table_id"), Number("partition_id"));

    public static readonly KeyDefinition PendingDeleteBitmap = new(
        "MetaPendingDeleteBitmap", User, KeyValueFormat.Record(PendingDeleteBitmapPB.Descriptor),
        "delete bitmaps of a tablet that are not published",
        Literal("meta"), Text("instance_id"), Literal("delete_bitmap_pending"), Number("tablet_id"));

    public static readonly KeyDefinition DeleteBitmap = new(
        "MetaDeleteBitmap", User, KeyValueFormat.SplitBytes("roaring bitmap"), "deleted rows of a segment",
        Literal("meta"), Text("instance_id"), Literal("delete_bitmap"), Number("tablet_id"), Text("rowset_id"),
        Number("version"), Number("seg_id"));

    public static readonly KeyDefinition MowTabletJob = new(
        "MetaMowTabletJobKey", User, KeyValueFormat.Record(MowTabletJobPB.Descriptor),
        "a job that holds the delete bitmap lock of a table",
        Literal("meta"), Text("instance_id"), Literal("mow_tablet_job"), Number("table_id"), Number("initiator"));

    public static readonly KeyDefinition PackedFile = new(
        "PackedFileKey", User, KeyValueFormat.Record(PackedFileInfoPB.Descriptor), "a file that holds several small ones",
        Literal("meta"), Text("instance_id"), Literal("packed_file"), Text("packed_file_path"));
}
