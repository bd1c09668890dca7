using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Records.Own;
using MetaService.Storage;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Keys;

/// <summary>A statistic of a tablet that is counted beside its aggregated record.</summary>
public enum TabletCounter
{
    DataSize,
    NumRows,
    NumRowsets,
    NumSegments,
    IndexSize,
    SegmentSize,
}

/// <summary>Typed keys: each carries the type of its value.</summary>
public static partial class Key
{
    /// <summary>The partition id of a delete bitmap lock on a whole table.</summary>
    public const long AllPartitions = -1;

    /// <summary>Chunks of a schema are written as version 1, unlike those of other split values.</summary>
    private const byte SchemaValueVersion = 1;

    public static SecretRecordKey<InstanceInfoPB> Instance(string instanceId) =>
        new(KeySpace.Instance.Encode(instanceId), instanceId);

    public static SecretRecordKey<StorageVaultPB> StorageVault(string instanceId, string vaultId) =>
        new(KeySpace.StorageVault.Encode(instanceId, vaultId), instanceId, vaultId);

    public static StampedRecordKey<TxnLabelPB> TxnLabel(string instanceId, long dbId, string label) =>
        new(KeySpace.TxnLabel.Encode(instanceId, dbId, label));

    public static RecordKey<TxnInfoPB> TxnInfo(string instanceId, long dbId, long txnId) =>
        new(KeySpace.TxnInfo.Encode(instanceId, dbId, txnId));

    public static RecordKey<TxnIndexPB> TxnIndex(string instanceId, long txnId) =>
        new(KeySpace.TxnIndex.Encode(instanceId, txnId));

    public static RecordKey<TxnRunningPB> TxnRunning(string instanceId, long dbId, long txnId) =>
        new(KeySpace.TxnRunning.Encode(instanceId, dbId, txnId));

    public static RecordKey<VersionPB> PartitionVersion(string instanceId, long dbId, long tableId, long partitionId) =>
        new(KeySpace.PartitionVersion.Encode(instanceId, dbId, tableId, partitionId));

    public static CounterKey TableVersion(string instanceId, long dbId, long tableId) =>
        new(KeySpace.TableVersion.Encode(instanceId, dbId, tableId));

    /// <param name="version">The rowset's end version.</param>
    public static RecordKey<RowsetMetaCloudPB> MetaRowset(string instanceId, long tabletId, long version) =>
        new(KeySpace.MetaRowset.Encode(instanceId, tabletId, version));

    public static RecordKey<RowsetMetaCloudPB> MetaRowsetTmp(string instanceId, long txnId, long tabletId) =>
        new(KeySpace.MetaRowsetTmp.Encode(instanceId, txnId, tabletId));

    public static RecordKey<TabletMetaCloudPB> MetaTablet(
        string instanceId, long tableId, long indexId, long partitionId, long tabletId) =>
        new(KeySpace.MetaTablet.Encode(instanceId, tableId, indexId, partitionId, tabletId));

    public static RecordKey<TabletMetaCloudPB> MetaTablet(string instanceId, TabletIndexPB tablet) =>
        MetaTablet(instanceId, tablet.TableId, tablet.IndexId, tablet.PartitionId, tablet.TabletId);

    public static RecordKey<TabletIndexPB> MetaTabletIndex(string instanceId, long tabletId) =>
        new(KeySpace.MetaTabletIndex.Encode(instanceId, tabletId));

    public static SplitRecordKey<TabletSchemaCloudPB> MetaSchema(string instanceId, long indexId, long schemaVersion) =>
        new(KeySpace.MetaSchema.Encode(instanceId, indexId, schemaVersion), SchemaValueVersion);

    public static SplitRecordKey<SchemaCloudDictionary> MetaSchemaDictionary(string instanceId, long indexId) =>
        new(KeySpace.MetaSchemaDictionary.Encode(instanceId, indexId));

    /// <param name="partitionId">A partition, or <see cref="AllPartitions"/>.</param>
    public static RecordKey<DeleteBitmapUpdateLockPB> DeleteBitmapLock(string instanceId, long tableId, long partitionId) =>
        new(KeySpace.DeleteBitmapLock.Encode(instanceId, tableId, partitionId));

    public static RecordKey<PendingDeleteBitmapPB> PendingDeleteBitmap(string instanceId, long tabletId) =>
        new(KeySpace.PendingDeleteBitmap.Encode(instanceId, tabletId));

    public static SplitBytesKey DeleteBitmap(string instanceId, long tabletId, string rowsetId, long version, long segmentId) =>
        new(KeySpace.DeleteBitmap.Encode(instanceId, tabletId, rowsetId, version, segmentId));

    public static RecordKey<MowTabletJobPB> MowTabletJob(string instanceId, long tableId, long initiator) =>
        new(KeySpace.MowTabletJob.Encode(instanceId, tableId, initiator));

    public static RecordKey<PackedFileInfoPB> PackedFile(string instanceId, string path) =>
        new(KeySpace.PackedFile.Encode(instanceId, path));

    public static RecordKey<ServiceRegistryPB> Registry() => new(KeySpace.Registry.Encode());

    public static SecretRecordKey<RamUserPB> ArnInfo() => new(KeySpace.ArnInfo.Encode());

    public static RecordKey<EncryptionKeyInfoPB> EncryptionKeyInfo() => new(KeySpace.EncryptionKeyInfo.Encode());

    public static CounterKey InstanceUpdate() => new(KeySpace.InstanceUpdate.Encode());

    public static RecordKey<LeasePB> Lease(string name) => new(KeySpace.Lease.Encode(name));

    public static RecordKey<SecretKeyCheckPB> SecretKeyCheck(long keyId) => new(KeySpace.SecretKeyCheck.Encode(keyId));

    public static RecordKey<CopyProgressPB> CopyProgress() => new(KeySpace.CopyProgress.Encode());

    public static StampedRecordKey<TxnFencePB> TxnFence(string instanceId) => new(KeySpace.TxnFence.Encode(instanceId));

    /// <summary>Entries of an instance, or of what belongs to none; each gets a key of its own.</summary>
    public static CommitStampedKey<AuditEntryPB> Audit(string instanceId) =>
        new(KeySpace.Audit.Encode(instanceId, default(Versionstamp)));

    public static RecordKey<NodeOwnerPB> NodeOwner(string cloudUniqueId) => new(KeySpace.NodeOwner.Encode(cloudUniqueId));
}
