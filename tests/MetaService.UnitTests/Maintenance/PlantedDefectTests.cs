using Google.Protobuf;
using MetaService.Keys;
using MetaService.Maintenance.Verification;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Records.Own;
using MetaService.Storage;
using MetaService.UnitTests.Domain;
using static MetaService.UnitTests.Maintenance.SoundWorld;
using Kinds = MetaService.Maintenance.Verification.DefectKinds;
using Status = MetaService.Records.Cloud.TxnStatusPB;

namespace MetaService.UnitTests.Maintenance;

/// <summary>Each kind of defect, planted in a store that is sound otherwise, is found where it is, and nothing else is.</summary>
public sealed class PlantedDefectTests
{
    private static readonly SecretRecordKey<InstanceInfoPB> Prod = Key.Instance(VaultInstance);

    /// <summary>A way to damage a store and what is to be found: each kind and the type of the key that it is found at.</summary>
    private sealed record Plant(Action<SoundWorld> Damage, params (DefectKind Kind, string KeyType)[] Found);

    private static readonly Dictionary<string, Plant> Plants = new()
    {
        ["a key of no known type"] = new(
            w => Set(w, [1, 0x10, 0x61, 0, 1, 0x12, 0, 0, 0, 0, 0, 0, 0, 1], []), (Kinds.UnknownKey, "")),
        ["a key that is no key"] = new(w => Set(w, [0x77], [1]), (Kinds.UnknownKey, "")),
        ["bytes that are no record"] = new(
            w => Set(w, Key.TxnRunning(Id, Db, w.OpenTxn).Bytes, [0xFF, 0xFF]), (Kinds.UnreadableValue, "TxnRunningKey")),
        ["a record without a required field"] = new(
            w => w.Tablets.Put(Key.MetaRowsetTmp(Id, 9, Tablet), new RowsetMetaCloudPB { TxnId = 9, TabletId = Tablet }),
            (Kinds.UnreadableValue, "MetaRowsetTmpKey")),
        ["a label too short for its versionstamp"] = new(
            w => Set(w, Key.TxnLabel(Id, Db, "short").Bytes, [1, 2, 3]), (Kinds.UnreadableValue, "TxnLabelKey")),
        ["a counter of 7 bytes"] = new(
            w => Set(w, Key.TableVersion(Id, Db, 999).Bytes, new byte[7]), (Kinds.UnreadableValue, "TableVersionKey")),
        ["a value where none belongs"] = new(
            w => Set(w, KeySpace.VersionedMetaIndex.Encode(Id, 5, new Versionstamp(1, 0)), [1]),
            (Kinds.UnreadableValue, "VersionedMetaIndexKey")),
        ["a commit marker cut short"] = new(
            w => Set(w, KeySpace.CommitMarker.Encode("runner", 1), new byte[25]), (Kinds.UnreadableValue, "CommitMarkerKey")),
        ["a missing chunk"] = new(w => w.Tablets.Change(t => t.Clear(Chunk(0, 1))), (Kinds.BrokenSplitValue, "MetaDeleteBitmap")),
        ["chunks of two versions"] = new(w => Set(w, Chunk(1, 0), [1]), (Kinds.BrokenSplitValue, "MetaDeleteBitmap")),
        ["a value both whole and in chunks"] = new(
            w => Set(w, Chunk(0, 0)[..^9], [1]), (Kinds.BrokenSplitValue, "MetaDeleteBitmap")),
        ["a record that says otherwise than its key"] = new(
            w => w.Alter(Key.TxnInfo(Id, Db, w.VisibleTxn), t => t.TxnId++), (Kinds.KeyMismatch, "TxnInfoKey")),
        ["statistics that name another tablet"] = new(
            w => w.Alter(Key.StatsTablet(Id, TabletWorld.Idx()), s => s.Idx.PartitionId++),
            (Kinds.KeyMismatch, "StatsTabletKey")),
        ["a schema of another version"] = new(
            w => w.Tablets.Change(t => t.Set(Key.MetaSchema(Id, BaseIndex, 8), new TabletSchemaCloudPB { SchemaVersion = 9 })),
            (Kinds.KeyMismatch, "MetaSchemaKey")),
        ["a number that no key can hold"] = new(
            w => w.Alter(Key.TxnIndex(Id, w.SubTxn), i => i.ParentTxnId = long.MinValue), (Kinds.ImpossibleValue, "TxnIndexKey")),
        ["records without their instance"] = new(
            w => w.Tablets.Change(t =>
            {
                t.Set(Key.TxnIndex("ghost", 1), new TxnIndexPB());
                t.Set(Key.TxnIndex("ghost", 2), new TxnIndexPB());
                t.Set(Key.TxnInfo("ghost", Db, 1), new TxnInfoPB { DbId = Db, TxnId = 1 });
                t.Set(Key.JobRecycle("ghost"), new JobRecyclePB());
            }),
            (Kinds.Orphan, "TxnIndexKey"), (Kinds.Orphan, "TxnInfoKey")),
        ["a dropped instance with clusters"] = new(
            w => w.Alter(Prod, i => i.Status = InstanceInfoPB.Types.Status.Deleted), (Kinds.DroppedInstanceInUse, "InstanceKey")),
        ["two clusters of one id"] = new(
            w => w.Alter(Prod, i => i.Clusters[1].ClusterId = "c1"), (Kinds.DuplicateCluster, "InstanceKey")),
        ["two clusters of one name"] = new(
            w => w.Alter(Prod, i => i.Clusters[1].ClusterName = "c1"), (Kinds.DuplicateCluster, "InstanceKey")),
        ["a node listed twice"] = new(
            w => w.Alter(Prod, i => i.Clusters[1].Nodes.Add(i.Clusters[0].Nodes[0])), (Kinds.DuplicateNode, "InstanceKey")),
        ["a node that the index does not know"] = new(
            w => w.Tablets.Change(t => t.Clear(Key.NodeOwner("node1"))), (Kinds.NodeOwnerMissing, "InstanceKey")),
        ["a node that the index gives to another instance"] = new(
            w => w.Tablets.Put(Key.NodeOwner("node1"), new NodeOwnerPB { InstanceId = "other" }),
            (Kinds.NodeOwnerWrong, "InstanceKey"), (Kinds.OwnerWithoutNode, "NodeOwnerKey")),
        ["a node of two instances"] = new(
            w => w.Alter(Key.Instance("other"), i => i.Clusters[0].Nodes[0].CloudUniqueId = "node1"),
            (Kinds.NodeInTwoInstances, "InstanceKey"), (Kinds.OwnerWithoutNode, "NodeOwnerKey")),
        ["an owner without a node"] = new(
            w => w.Tablets.Put(Key.NodeOwner("gone"), new NodeOwnerPB { InstanceId = VaultInstance }),
            (Kinds.OwnerWithoutNode, "NodeOwnerKey")),
        ["an owner that there is not"] = new(
            w => w.Tablets.Put(Key.NodeOwner("gone"), new NodeOwnerPB { InstanceId = "ghost" }),
            (Kinds.OwnerWithoutNode, "NodeOwnerKey")),
        ["a vault without a name"] = new(
            w => w.Alter(Prod, i => i.StorageVaultNames.Clear()), (Kinds.VaultListBroken, "InstanceKey")),
        ["a vault that is listed twice"] = new(
            w => w.Alter(Prod, i =>
            {
                i.ResourceIds.Add("1");
                i.StorageVaultNames.Add("again");
            }),
            (Kinds.VaultListBroken, "InstanceKey"), (Kinds.VaultNameMismatch, "InstanceKey")),
        ["a vault that is not there"] = new(
            w => w.Tablets.Change(t => t.Clear(Key.StorageVault(VaultInstance, "1").Bytes)), (Kinds.VaultMissing, "InstanceKey")),
        ["a vault that nobody lists"] = new(
            w => w.Alter(Key.StorageVault(VaultInstance, "2"), v => (v.Id, v.Name) = ("2", "v")),
            (Kinds.VaultUnlisted, "StorageVaultKey")),
        ["a vault of another name"] = new(
            w => w.Alter(Key.StorageVault(VaultInstance, "1"), v => v.Name = "v"), (Kinds.VaultNameMismatch, "InstanceKey")),
        ["a default vault that is none"] = new(
            w => w.Alter(Prod, i => i.DefaultStorageVaultId = "3"), (Kinds.DefaultVaultWrong, "InstanceKey")),
        ["a default vault of another name"] = new(
            w => w.Alter(Prod, i => (i.DefaultStorageVaultId, i.DefaultStorageVaultName) = ("1", "v")),
            (Kinds.DefaultVaultWrong, "InstanceKey")),
        ["a stage in no store"] = new(
            w => w.Alter(Key.Instance(Id), i => i.Stages[0].ObjInfo.Id = "9"), (Kinds.StageBroken, "InstanceKey")),
        ["two stages of one id"] = new(
            w => w.Alter(Key.Instance(Id), i => i.Stages.Add(i.Stages[0].Clone())), (Kinds.StageBroken, "InstanceKey")),
        ["a transaction in no status"] = new(
            w => w.Alter(Key.TxnInfo(Id, Db, w.VisibleTxn), t => t.Status = Status.TxnStatusUnknown),
            (Kinds.TxnStatusUnknown, "TxnInfoKey")),
        ["a transaction without its index"] = new(
            w => w.Tablets.Change(t => t.Clear(Key.TxnIndex(Id, w.VisibleTxn))), (Kinds.TxnIndexMissing, "TxnInfoKey")),
        ["a part of a transaction without its index"] = new(
            w => w.Tablets.Change(t => t.Clear(Key.TxnIndex(Id, w.SubTxn))), (Kinds.TxnIndexMissing, "TxnInfoKey")),
        ["an index of no transaction"] = new(
            w => w.Tablets.Put(Key.TxnIndex(Id, 99), new TxnIndexPB { TabletIndex = new() { DbId = Db } }),
            (Kinds.TxnIndexDangling, "TxnIndexKey")),
        ["an index without a database"] = new(
            w => w.Tablets.Put(Key.TxnIndex(Id, 99), new TxnIndexPB()), (Kinds.TxnIndexDangling, "TxnIndexKey")),
        ["an index of a part that its transaction does not have"] = new(
            w => w.Alter(Key.TxnInfo(Id, Db, w.OpenTxn), t => t.SubTxnIds.Clear()), (Kinds.TxnIndexDangling, "TxnIndexKey")),
        ["a transaction that its label does not list"] = new(
            w => PutLabel(w, "visible"), (Kinds.TxnLabelMissing, "TxnInfoKey")),
        ["a transaction without its label"] = new(
            w => w.Tablets.Change(t => t.Clear(Key.TxnLabel(Id, Db, "visible"))), (Kinds.TxnLabelMissing, "TxnInfoKey")),
        ["a label that lists no transaction"] = new(
            w => PutLabel(w, "visible", w.VisibleTxn, 99), (Kinds.TxnLabelDangling, "TxnLabelKey")),
        ["a label that lists a transaction twice"] = new(
            w => PutLabel(w, "visible", w.VisibleTxn, w.VisibleTxn), (Kinds.TxnLabelDangling, "TxnLabelKey")),
        ["a label that lists a transaction of another"] = new(
            w => PutLabel(w, "visible", w.VisibleTxn, w.AbortedTxn), (Kinds.TxnLabelDangling, "TxnLabelKey")),
        ["an open transaction that is not running"] = new(
            w => w.Tablets.Change(t => t.Clear(Key.TxnRunning(Id, Db, w.OpenTxn))), (Kinds.TxnRunningMissing, "TxnInfoKey")),
        ["a finished transaction that is running"] = new(
            w => w.Tablets.Put(Key.TxnRunning(Id, Db, w.VisibleTxn), new TxnRunningPB()),
            (Kinds.TxnRunningStale, "TxnRunningKey")),
        ["an unknown transaction that is running"] = new(
            w => w.Tablets.Put(Key.TxnRunning(Id, Db, 99), new TxnRunningPB()), (Kinds.TxnRunningStale, "TxnRunningKey")),
        ["a finished transaction that nobody removes"] = new(
            w => w.Tablets.Change(t => t.Clear(Key.RecycleTxn(Id, Db, w.AbortedTxn))), (Kinds.TxnRecycleMissing, "TxnInfoKey")),
        ["an unknown transaction to be removed"] = new(
            w => w.Tablets.Put(Key.RecycleTxn(Id, Db, 99), new RecycleTxnPB()), (Kinds.TxnRecycleStale, "RecycleTxnKey")),
        ["an open transaction to be removed"] = new(
            w => w.Tablets.Put(Key.RecycleTxn(Id, Db, w.OpenTxn), new RecycleTxnPB { Label = "open" }),
            (Kinds.TxnRecycleEarly, "RecycleTxnKey")),
        ["a partition without a version"] = new(
            w => w.Tablets.Put(Key.PartitionVersion(Id, Db, Table, 9), new VersionPB()),
            (Kinds.PartitionVersionInvalid, "PartitionVersionKey")),
        ["a partition behind its tablets"] = new(
            w => w.Alter(Key.PartitionVersion(Id, Db, Table, Partition), v => v.Version = 3),
            (Kinds.PartitionVersionBehind, "MetaTabletKey")),
        ["a lost partition version"] = new(
            w => w.Tablets.Change(t => t.Clear(Key.PartitionVersion(Id, Db, Table, Partition))),
            (Kinds.PartitionVersionBehind, "MetaTabletKey")),
        ["a partition that waits for a finished transaction"] = new(
            w => w.Alter(Key.PartitionVersion(Id, Db, Table, Partition), v => v.PendingTxnIds.Add(w.VisibleTxn)),
            (Kinds.PendingTxnWrong, "PartitionVersionKey")),
        ["a partition that waits for no transaction"] = new(
            w => w.Alter(Key.PartitionVersion(Id, Db, Table, Partition), v => v.PendingTxnIds.Add(99)),
            (Kinds.PendingTxnWrong, "PartitionVersionKey")),
        ["a tablet without its record"] = new(
            w => w.Tablets.Change(t => t.Clear(Key.MetaTablet(Id, TabletWorld.Idx()))),
            (Kinds.TabletMetaMissing, "MetaTabletIdxKey"), (Kinds.TabletMetaMissing, "StatsTabletKey"),
            (Kinds.TabletJobStray, "JobTabletKey")),
        ["a tablet without its index"] = new(
            w => w.Tablets.Change(t => t.Clear(Key.MetaTabletIndex(Id, Tablet + 1))),
            (Kinds.TabletIndexMissing, "MetaTabletKey"), (Kinds.RowsetStray, "MetaRowsetKey")),
        ["a tablet whose index points elsewhere"] = new(
            w => w.Alter(Key.MetaTabletIndex(Id, Tablet + 1), i => i.PartitionId++),
            (Kinds.TabletIndexWrong, "MetaTabletKey"), (Kinds.TabletMetaMissing, "MetaTabletIdxKey")),
        ["a tablet without statistics"] = new(
            w => w.Tablets.Change(t => t.Clear(Key.StatsTablet(Id, TabletWorld.Idx(Tablet + 1)))),
            (Kinds.TabletStatsMissing, "MetaTabletKey")),
        ["counters without their record"] = new(
            w => w.Tablets.Change(t => t.Add(Key.StatsTablet(Id, TabletWorld.Idx(9), TabletCounter.NumRows), 1)),
            (Kinds.TabletStatsMissing, "StatsTabletNumRowsKey")),
        ["statistics below nothing"] = new(
            w => w.Tablets.Change(t => t.Add(Key.StatsTablet(Id, TabletWorld.Idx(), TabletCounter.NumRows), -1000)),
            (Kinds.TabletStatsNegative, "MetaTabletKey")),
        ["statistics that count other rowsets"] = new(
            w => w.Tablets.Change(t => t.Add(Key.StatsTablet(Id, TabletWorld.Idx(), TabletCounter.DataSize), 1)),
            (Kinds.TabletStatsWrong, "MetaTabletKey")),
        ["some of the counters"] = new(
            w => w.Tablets.Change(t => t.Add(Key.StatsTablet(Id, TabletWorld.Idx(Tablet + 1), TabletCounter.NumRows), 0)),
            (Kinds.TabletCountersIncomplete, "MetaTabletKey")),
        ["a job of no tablet"] = new(
            w => w.Alter(Key.JobTablet(Id, TabletWorld.Idx(9)), j => j.Compaction.Add(new TabletCompactionJobPB())),
            (Kinds.TabletJobStray, "JobTabletKey")),
        ["a rowset of no tablet"] = new(
            w => w.Tablets.Put(Key.MetaRowset(Id, 9, 1), Rowset(9, 0, 1)), (Kinds.RowsetStray, "MetaRowsetKey")),
        ["rowsets that overlap"] = new(
            w => w.Alter(Key.MetaRowset(Id, Tablet, 4), r => r.StartVersion = 3), (Kinds.RowsetVersionsWrong, "MetaTabletKey")),
        ["a rowset that ends before it starts"] = new(
            w => w.Alter(Key.MetaRowset(Id, Tablet, 4), r => r.StartVersion = 6), (Kinds.RowsetVersionsWrong, "MetaTabletKey")),
        ["a visible rowset whose files are removed"] = new(
            w => w.Alter(Key.RecycleRowset(Id, Tablet, "load4"), r =>
            {
                r.Type = RecycleRowsetPB.Types.Type.Compact;
                r.RowsetMeta = w.Tablets.Get(Key.MetaRowset(Id, Tablet, 4));
            }),
            (Kinds.RowsetVisibleAndRecycled, "RecycleRowsetKey")),
        ["a tablet whose schema is not there"] = new(
            w => w.Tablets.Change(t => t.Clear(Key.MetaSchema(Id, 30002, 1))),
            (Kinds.SchemaMissing, "MetaTabletKey"), (Kinds.SchemaMissing, "MetaRowsetKey")),
        ["a rowset whose schema is not there"] = new(
            w => w.Tablets.Change(t => t.Clear(Key.MetaSchema(Id, BaseIndex, 7))), (Kinds.SchemaMissing, "MetaRowsetKey")),
        ["a rowset that names no schema"] = new(
            w => w.Alter(Key.MetaRowset(Id, Tablet, 4), r => r.ClearSchemaVersion()), (Kinds.SchemaMissing, "MetaRowsetKey")),
        ["a dictionary without an entry that is named"] = new(
            w => w.Tablets.Change(t => t.Set(Key.MetaSchemaDictionary(Id, BaseIndex), new SchemaCloudDictionary())),
            (Kinds.SchemaDictionaryIncomplete, "MetaRowsetKey")),
        ["a dictionary with entries beyond its last"] = new(
            w => w.Tablets.Change(t =>
            {
                var column = new ColumnPB { UniqueId = 1, Type = "INT" };
                t.Set(Key.MetaSchemaDictionary(Id, 5), new SchemaCloudDictionary { ColumnDict = { [3] = column } });
            }),
            (Kinds.SchemaDictionaryIncomplete, "MetaSchemaPBDictionaryKey")),
        ["a pending bitmap of another tablet"] = new(
            w => w.Alter(Key.PendingDeleteBitmap(Id, Tablet), p => p.DeleteBitmapKeys.Add(
                ByteString.CopyFrom(Key.DeleteBitmap(Id, Tablet + 1, "r", 1, 0).Bytes))),
            (Kinds.PendingBitmapStray, "MetaPendingDeleteBitmap")),
        ["a pending bitmap that is an instance"] = new(
            w => w.Alter(
                Key.PendingDeleteBitmap(Id, Tablet), p => p.DeleteBitmapKeys.Add(ByteString.CopyFrom(Key.Instance(Id).Bytes))),
            (Kinds.PendingBitmapStray, "MetaPendingDeleteBitmap")),
    };

    public static TheoryData<string> Names => [.. Plants.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_planted_defect_is_found_where_it_is(string name)
    {
        var world = await CreateAsync();
        await Verified.ShouldBeSoundAsync(world.Tablets.Store);

        Plants[name].Damage(world);

        var found = await Verified.DefectsAsync(world.Tablets.Store);
        found.Select(d => (d.Kind, d.Key?.Definition.Name ?? "")).Distinct().Should()
            .BeEquivalentTo(Plants[name].Found, string.Join('\n', found));
        found.Should().OnlyContain(d => d.ToString().Contains(d.Kind.Name) && d.ToString().Contains(d.Kind.Remedy));
        string.Join('\n', found).Should().NotContain("secret");
    }

    [Fact]
    public void Each_kind_of_defect_is_planted()
    {
        Plants.Values.SelectMany(p => p.Found).Select(f => f.Kind).Distinct().Should().BeEquivalentTo(DefectKinds.All);
        DefectKinds.All.Select(k => k.Name).Should().OnlyHaveUniqueItems();
    }

    private static void Set(SoundWorld world, byte[] key, byte[] value) => world.Tablets.Change(t => t.Set(key, value));

    private static void PutLabel(SoundWorld world, string label, params long[] txnIds) =>
        world.Tablets.Change(t => t.SetWithCommitStamp(Key.TxnLabel(Id, Db, label), new TxnLabelPB { TxnIds = { txnIds } }));

    private static RowsetMetaCloudPB Rowset(long tabletId, long start, long end) => new()
    {
        RowsetId = 0,
        RowsetIdV2 = "stray",
        TabletId = tabletId,
        StartVersion = start,
        EndVersion = end,
        SchemaVersion = 0,
    };

    /// <summary>The key of a chunk of the delete bitmap.</summary>
    private static byte[] Chunk(byte valueVersion, int sequence)
    {
        var key = Key.DeleteBitmap(Id, Tablet, BitmapRowset, 5, 0).Bytes;
        var chunk = new byte[key.Length + OrderedCodec.Int64Length];
        key.CopyTo(chunk, 0);
        OrderedCodec.WriteInt64(((long)valueVersion << 56) | (uint)sequence, chunk.AsSpan(key.Length));
        return chunk;
    }
}
