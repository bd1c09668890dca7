using Google.Protobuf;
using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Maintenance.Verification;

/// <summary>Fields of records that say what their key says already: the two must agree. Pure functions of records.</summary>
internal static class RepeatedFields
{
    private delegate IEnumerable<(string Field, KeyPart? Value)> FieldsOf(IMessage record);

    /// <summary>For each type of key what a record under it repeats: the key's field and the value in the record.</summary>
    private static readonly Dictionary<KeyDefinition, FieldsOf> Declared = new()
    {
        [KeySpace.Instance] = Of<InstanceInfoPB>(r => [("instance_id", r.InstanceId)]),
        [KeySpace.StorageVault] = Of<StorageVaultPB>(r =>
            [("vault_id", r.Id), ("vault_id", If(r.ObjInfo is { HasId: true }, r.ObjInfo?.Id ?? ""))]),
        [KeySpace.TxnInfo] = Of<TxnInfoPB>(r => [("db_id", r.DbId), ("txn_id", r.TxnId)]),
        [KeySpace.MetaTablet] = Of<TabletMetaCloudPB>(r =>
        [
            ("table_id", r.TableId), ("index_id", r.IndexId), ("part_id", r.PartitionId), ("tablet_id", r.TabletId),
        ]),
        [KeySpace.MetaTabletIndex] = Of<TabletIndexPB>(r => [("tablet_id", r.TabletId)]),
        [KeySpace.StatsTablet] = Of<TabletStatsPB>(r => Ids(r.Idx)),
        [KeySpace.JobTablet] = Of<TabletJobInfoPB>(r => Ids(r.Idx)),
        [KeySpace.MetaRowset] = Of<RowsetMetaCloudPB>(r => [("tablet_id", TabletOf(r)), ("version", r.EndVersion)]),
        [KeySpace.MetaRowsetTmp] = Of<RowsetMetaCloudPB>(r => [("txn_id", r.TxnId), ("tablet_id", r.TabletId)]),
        [KeySpace.MetaSchema] = Of<TabletSchemaCloudPB>(r => [("schema_version", (long)r.SchemaVersion)]),
        [KeySpace.RecycleRowset] = Of<RecycleRowsetPB>(r => r.RowsetMeta is { } rowset
            ? [("tablet_id", TabletOf(rowset)), ("rowset_id", rowset.RowsetIdV2)]
            : []),
        [KeySpace.RecycleStage] = Of<RecycleStagePB>(r =>
            [("instance_id", If(r.HasInstanceId, r.InstanceId)), ("stage_id", If(r.Stage is not null, r.Stage?.StageId ?? ""))]),
        [KeySpace.StreamingJob] = Of<StreamingTaskCommitAttachmentPB>(r => [("job_id", If(r.HasJobId, r.JobId))]),
    };

    /// <summary>What a record says otherwise than its key.</summary>
    public static IEnumerable<string> Disagreements(ParsedKey key, IMessage record)
    {
        if (!Declared.TryGetValue(key.Definition, out var repeated))
        {
            yield break;
        }

        foreach (var (field, value) in repeated(record))
        {
            if (value is { } given && given != key[field])
            {
                yield return $"the record says {field}={KeyPrinter.Describe(given)}: it must say what its key says";
            }
        }
    }

    // The place of a tablet is stored in full, but statistics and jobs are found by their keys, so that it may be left out.
    private static IEnumerable<(string Field, KeyPart? Value)> Ids(TabletIndexPB? tablet) => tablet is null
        ? []
        :
        [
            ("table_id", If(tablet.HasTableId, tablet.TableId)),
            ("index_id", If(tablet.HasIndexId, tablet.IndexId)),
            ("part_id", If(tablet.HasPartitionId, tablet.PartitionId)),
            ("tablet_id", If(tablet.HasTabletId, tablet.TabletId)),
        ];

    // The first rowset of a tablet comes in the description of the tablet and may leave this out.
    private static KeyPart? TabletOf(RowsetMetaCloudPB rowset) => If(rowset.HasTabletId, rowset.TabletId);

    private static KeyPart? If(bool isGiven, KeyPart value) => isGiven ? value : default(KeyPart?);

    private static FieldsOf Of<T>(Func<T, IEnumerable<(string Field, KeyPart? Value)>> fields)
        where T : IMessage =>
        record => fields((T)record);
}
