using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Records.Own;
using MetaService.Storage;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Keys;

/// <summary>Ranges of typed keys, for scans. Versions and ids are inclusive unless a name says otherwise.</summary>
public static class KeyRanges
{
    /// <summary>All instances, in byte order of their ids.</summary>
    public static RecordRange<InstanceInfoPB> Instances() => new(KeySpace.Instance, KeySpace.Instance.Range());

    /// <summary>The instances whose ids begin with a prefix and come after an id; either may be empty.</summary>
    public static RecordRange<InstanceInfoPB> Instances(string prefix, string after)
    {
        // An encoded id without its terminator, the last two bytes, is what the longer ids begin with.
        var range = KeyRange.Prefix(KeySpace.Instance.Encode(prefix)[..^2]);
        var begin = after.Length > 0 ? KeyRange.After(KeySpace.Instance.Encode(after)) : range.Begin;
        if (begin.AsSpan().SequenceCompareTo(range.Begin) < 0)
        {
            begin = range.Begin;
        }

        // A range that is empty because the id is beyond it must still not end before it begins.
        var end = begin.AsSpan().SequenceCompareTo(range.End) > 0 ? begin : range.End;
        return new(KeySpace.Instance, new KeyRange(begin, end));
    }

    public static RecordRange<StorageVaultPB> StorageVaults(string instanceId) =>
        new(KeySpace.StorageVault, KeySpace.StorageVault.Range(instanceId));

    /// <summary>Stages of an instance that wait for the removal of their files.</summary>
    public static RecordRange<RecycleStagePB> RecycledStages(string instanceId) =>
        new(KeySpace.RecycleStage, KeySpace.RecycleStage.Range(instanceId));

    /// <summary>Who changed what of an instance, in the order of the changes; an empty id is for the service as a whole.</summary>
    public static RecordRange<AuditEntryPB> Audit(string instanceId) => new(KeySpace.Audit, KeySpace.Audit.Range(instanceId));

    /// <summary>The same up to a change, without it.</summary>
    public static RecordRange<AuditEntryPB> AuditBefore(string instanceId, Versionstamp change) =>
        new(KeySpace.Audit, KeySpace.Audit.Range(instanceId) with { End = KeySpace.Audit.Encode(instanceId, change) });

    /// <summary>Which keys secrets are sealed with.</summary>
    public static RecordRange<SecretKeyCheckPB> SecretKeyChecks() =>
        new(KeySpace.SecretKeyCheck, KeySpace.SecretKeyCheck.Range());

    /// <summary>Rowsets of a tablet whose end version is between the two.</summary>
    public static RecordRange<RowsetMetaCloudPB> Rowsets(
        string instanceId, long tabletId, long firstVersion = 0, long lastVersion = long.MaxValue) =>
        new(KeySpace.MetaRowset, KeyRange.Through(
            KeySpace.MetaRowset.Encode(instanceId, tabletId, firstVersion),
            KeySpace.MetaRowset.Encode(instanceId, tabletId, lastVersion)));

    /// <summary>Rowsets that a transaction has written, one per tablet.</summary>
    public static RecordRange<RowsetMetaCloudPB> TmpRowsets(string instanceId, long txnId) =>
        new(KeySpace.MetaRowsetTmp, KeySpace.MetaRowsetTmp.Range(instanceId, txnId));

    /// <summary>Unfinished transactions of a database.</summary>
    public static RecordRange<TxnRunningPB> RunningTxns(string instanceId, long dbId) =>
        new(KeySpace.TxnRunning, KeySpace.TxnRunning.Range(instanceId, dbId));

    /// <summary>Unfinished transactions of a database that are older than the given one.</summary>
    public static RecordRange<TxnRunningPB> RunningTxnsBefore(string instanceId, long dbId, long txnId) =>
        new(KeySpace.TxnRunning, new KeyRange(
            KeySpace.TxnRunning.Encode(instanceId, dbId, 0), KeySpace.TxnRunning.Encode(instanceId, dbId, txnId)));

    /// <summary>Unfinished transactions of all databases of an instance.</summary>
    public static RecordRange<TxnRunningPB> RunningTxns(string instanceId) =>
        new(KeySpace.TxnRunning, KeySpace.TxnRunning.Range(instanceId));

    public static RecordRange<TxnInfoPB> Txns(string instanceId, long dbId) =>
        new(KeySpace.TxnInfo, KeySpace.TxnInfo.Range(instanceId, dbId));

    /// <summary>Transactions of all databases of an instance.</summary>
    public static RecordRange<TxnInfoPB> Txns(string instanceId) => new(KeySpace.TxnInfo, KeySpace.TxnInfo.Range(instanceId));

    /// <summary>Labels of a database, each with a versionstamp behind its record.</summary>
    public static KeyRange TxnLabels(string instanceId, long dbId) => KeySpace.TxnLabel.Range(instanceId, dbId);

    /// <summary>Finished transactions of an instance that are to be removed some day.</summary>
    public static RecordRange<RecycleTxnPB> RecycledTxns(string instanceId) =>
        new(KeySpace.RecycleTxn, KeySpace.RecycleTxn.Range(instanceId));

    public static RecordRange<VersionPB> PartitionVersions(string instanceId, long dbId, long tableId) =>
        new(KeySpace.PartitionVersion, KeySpace.PartitionVersion.Range(instanceId, dbId, tableId));

    public static RecordRange<TabletMetaCloudPB> TabletsOfTable(string instanceId, long tableId) =>
        new(KeySpace.MetaTablet, KeySpace.MetaTablet.Range(instanceId, tableId));

    public static RecordRange<TabletMetaCloudPB> TabletsOfIndex(string instanceId, long tableId, long indexId) =>
        new(KeySpace.MetaTablet, KeySpace.MetaTablet.Range(instanceId, tableId, indexId));

    public static RecordRange<TabletMetaCloudPB> TabletsOfPartition(
        string instanceId, long tableId, long indexId, long partitionId) =>
        new(KeySpace.MetaTablet, KeySpace.MetaTablet.Range(instanceId, tableId, indexId, partitionId));

    /// <summary>The aggregated statistics of a tablet and its counters: values of two formats.</summary>
    public static KeyRange TabletStats(string instanceId, TabletIndexPB tablet) =>
        KeySpace.StatsTablet.Range(instanceId, tablet.TableId, tablet.IndexId, tablet.PartitionId, tablet.TabletId);

    public static RecordRange<RecycleRowsetPB> RecycledRowsets(string instanceId, long tabletId) =>
        new(KeySpace.RecycleRowset, KeySpace.RecycleRowset.Range(instanceId, tabletId));

    public static RecordRange<TabletJobInfoPB> TabletJobs(string instanceId) =>
        new(KeySpace.JobTablet, KeySpace.JobTablet.Range(instanceId));

    public static RecordRange<CopyFilePB> CopyFiles(string instanceId, string stageId, long tableId) =>
        new(KeySpace.CopyFile, KeySpace.CopyFile.Range(instanceId, stageId, tableId));

    public static RecordRange<NodeOwnerPB> NodeOwners() => new(KeySpace.NodeOwner, KeySpace.NodeOwner.Range());

    /// <summary>The delete bitmaps of a rowset, in chunks.</summary>
    public static KeyRange DeleteBitmaps(string instanceId, long tabletId, string rowsetId) =>
        KeySpace.DeleteBitmap.Range(instanceId, tabletId, rowsetId);

    /// <summary>The delete bitmaps of a rowset in a range of versions, in chunks.</summary>
    public static KeyRange DeleteBitmaps(string instanceId, long tabletId, string rowsetId, long firstVersion, long lastVersion) =>
        new(
            KeySpace.DeleteBitmap.Encode(instanceId, tabletId, rowsetId, firstVersion),
            KeySpace.DeleteBitmap.Range(instanceId, tabletId, rowsetId, lastVersion).End);
}
