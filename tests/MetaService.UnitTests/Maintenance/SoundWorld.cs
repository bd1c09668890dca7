using Google.Protobuf;
using MetaService.Domain.Clusters;
using MetaService.Domain.Instances;
using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Storage;
using MetaService.UnitTests.Domain;
using Action = MetaService.Records.Cloud.FinishTabletJobRequest.Types.Action;
using CompactionType = MetaService.Records.Cloud.TabletCompactionJobPB.Types.CompactionType;
using StageType = MetaService.Records.Cloud.StagePB.Types.StageType;

namespace MetaService.UnitTests.Maintenance;

/// <summary>
/// A store in which the services have left something of everything: instances, vaults, nodes, transactions in each status, and
/// tablets with loads, compactions, a schema change and delete bitmaps.
/// </summary>
internal sealed class SoundWorld
{
    public const string Id = TabletWorld.InstanceId;
    public const string VaultInstance = "prod";
    public const long Db = 10001;
    public const long Table = 20001;
    public const long BaseIndex = 30001;
    public const long Partition = 40001;
    public const long Tablet = 50001;
    public const string BitmapRowset = "bitmaps";

    private SoundWorld(IKvStore? store) => Tablets = new TabletWorld(store);

    public TabletWorld Tablets { get; }

    public long OpenTxn { get; private set; }

    public long AbortedTxn { get; private set; }

    public long VisibleTxn { get; private set; }

    /// <summary>A part of the open transaction.</summary>
    public long SubTxn { get; private set; }

    public static async Task<SoundWorld> CreateAsync(IKvStore? store = null)
    {
        var world = new SoundWorld(store);
        await world.AddInstancesAsync();
        await world.Tablets.CreateAsync(Tablet, Tablet + 1);
        await world.AddTxnsAsync();
        await world.CompactAsync();
        await world.StartSchemaChangeAsync();
        await world.AddBitmapsAsync();
        return world;
    }

    /// <summary>Changes a record behind the back of the services.</summary>
    public void Alter<T>(RecordKey<T> key, Action<T> change)
        where T : class, IMessage<T>, new()
    {
        var record = Tablets.Get(key) ?? new T();
        change(record);
        Tablets.Put(key, record);
    }

    /// <summary>Changes a record with its secrets as they are stored.</summary>
    public void Alter<T>(SecretRecordKey<T> key, Action<T> change)
        where T : class, IMessage<T>, new()
    {
        var record = Tablets.Get(new RecordKey<T>(key.Bytes)) ?? new T();
        change(record);
        Tablets.Change(transaction => transaction.SetClear(key, record));
    }

    private async Task AddInstancesAsync()
    {
        var instances = new InstanceService(Tablets.Runner, Tablets.Time, Tablets.Secrets);
        var clusters = new ClusterService(Tablets.Runner, Tablets.Time, new ClusterOptions(), Tablets.Secrets);
        await instances.CreateAsync(VaultRequest(VaultInstance), default);
        await instances.CreateAsync(VaultRequest("other"), default);
        await clusters.AlterAsync(AddCluster(VaultInstance, "c1", "node1", "node2"), default);
        await clusters.AlterAsync(AddCluster(VaultInstance, "c2", "node3"), default);
        await clusters.AlterAsync(AddCluster("other", "c1", "node4"), default);
        await Tablets.Stages.CreateStageAsync(
            new CreateStageRequest
            {
                CloudUniqueId = TabletWorld.Node,
                Stage = new StagePB
                {
                    StageId = "s1",
                    Type = StageType.Internal,
                    MysqlUserName = { "admin" },
                    MysqlUserId = { "u1" },
                },
            },
            default);
    }

    private async Task AddTxnsAsync()
    {
        OpenTxn = await Tablets.BeginAsync("open");
        SubTxn = (await Tablets.Txns.BeginSubTxnAsync(new BeginSubTxnRequest
        {
            CloudUniqueId = TabletWorld.Node,
            TxnId = OpenTxn,
            SubTxnNum = 0,
            DbId = Db,
            TableIds = { Table },
            Label = "part",
        })).SubTxnId;
        AbortedTxn = await Tablets.BeginAsync("aborted");
        await Tablets.WriteRowsetAsync(TabletWorld.Rowset("left over", AbortedTxn));
        await Tablets.Txns.AbortTxnAsync(new AbortTxnRequest { CloudUniqueId = TabletWorld.Node, TxnId = AbortedTxn });
        VisibleTxn = await Tablets.BeginAsync("visible");
        await CommitAsync(VisibleTxn);
        var precommitted = await Tablets.BeginAsync("precommitted");
        await Tablets.Txns.PrecommitTxnAsync(
            new PrecommitTxnRequest { CloudUniqueId = TabletWorld.Node, DbId = Db, TxnId = precommitted });
        await Tablets.Txns.GetCurrentMaxTxnIdAsync(new GetCurrentMaxTxnRequest { CloudUniqueId = TabletWorld.Node });
    }

    // Versions 2 and 3 become one rowset; version 4 stays. A further compaction is running.
    private async Task CompactAsync()
    {
        await Tablets.LoadAsync("load2");
        await Tablets.LoadAsync("load3");
        await Tablets.LoadAsync("load4");
        await Tablets.Jobs.StartTabletJobAsync(TabletWorld.StartCompaction("job1", versions: [2, 3]), default);
        var output = TabletWorld.Rowset("compacted", 77);
        (output.RowsetMeta.StartVersion, output.RowsetMeta.EndVersion) = (2, 3);
        await Tablets.WriteRowsetAsync(output);
        var finish = TabletWorld.Finish(Action.Commit, "job1");
        var job = finish.Job.Compaction[0];
        job.InputVersions.Add([2, 3]);
        job.OutputVersions.Add(3);
        job.OutputRowsetIds.Add("compacted");
        job.TxnId.Add(77);
        await Tablets.Jobs.FinishTabletJobAsync(finish, default);
        var next = TabletWorld.StartCompaction("job2", CompactionType.Base);
        next.Job.Compaction[0].CumulativeCompactionCnt = 1;
        await Tablets.Jobs.StartTabletJobAsync(next, default);
        await Tablets.Rowsets.PrepareRowsetAsync(TabletWorld.Rowset("prepared", 78), default);
    }

    private async Task StartSchemaChangeAsync()
    {
        var request = TabletWorld.CreateTablets(60001);
        request.TabletMetas[0].IndexId = 30002;
        request.TabletMetas[0].TabletState = TabletStatePB.PbNotready;
        request.TabletMetas[0].Schema.SchemaVersion = 1;
        await Tablets.Tablets.CreateTabletsAsync(request, default);
        var change = new TabletSchemaChangeJobPB
        {
            Id = "change1",
            Initiator = "be",
            Expiration = TabletWorld.Start + 3600,
            NewTabletIdx = new() { TableId = Table, IndexId = 30002, PartitionId = Partition, TabletId = 60001 },
            AlterVersion = 4,
        };
        var job = new TabletJobInfoPB { Idx = TabletWorld.Idx(Tablet + 1), SchemaChange = change };
        await Tablets.Jobs.StartTabletJobAsync(
            new StartTabletJobRequest { CloudUniqueId = TabletWorld.Node, Job = job }, default);
    }

    // A bitmap of three chunks, under a lock that is still held, and a rowset whose schema has columns found in data.
    private async Task AddBitmapsAsync()
    {
        await Tablets.Locks.GetDeleteBitmapUpdateLockAsync(
            new GetDeleteBitmapUpdateLockRequest
            {
                CloudUniqueId = TabletWorld.Node,
                TableId = Table,
                LockId = OpenTxn,
                Initiator = 1,
                Expiration = 100,
            },
            default);
        var update = new UpdateDeleteBitmapRequest
        {
            CloudUniqueId = TabletWorld.Node,
            TableId = Table,
            PartitionId = Partition,
            TabletId = Tablet,
            LockId = OpenTxn,
            Initiator = 1,
            RowsetIds = { BitmapRowset },
            SegmentIds = { 0 },
            Versions = { 5 },
            SegmentDeleteBitmaps = { ByteString.CopyFrom(new byte[200_000]) },
        };
        await Tablets.Bitmaps.UpdateDeleteBitmapAsync(update, default);

        var txnId = await Tablets.BeginAsync("variant");
        var request = TabletWorld.Rowset("variant", txnId);
        request.RowsetMeta.HasVariantTypeInSchema = true;
        request.RowsetMeta.TabletSchema = new TabletSchemaCloudPB { SchemaVersion = 7 };
        var columns = request.RowsetMeta.TabletSchema.Column;
        columns.Add(new ColumnPB { UniqueId = 1, Name = "v", Type = "VARIANT" });
        columns.Add(new ColumnPB { UniqueId = -1, Name = "v.a", Type = "INT", ParentUniqueId = 1 });
        await Tablets.WriteRowsetAsync(request);
        await CommitAsync(txnId);
    }

    private Task CommitAsync(long txnId) =>
        Tablets.Txns.CommitTxnAsync(new CommitTxnRequest { CloudUniqueId = TabletWorld.Node, DbId = Db, TxnId = txnId });

    private static CreateInstanceRequest VaultRequest(string instanceId)
    {
        var store = new ObjectStoreInfoPB
        {
            Ak = "secret ak",
            Sk = "secret sk",
            Bucket = "b",
            Endpoint = "e",
            ExternalEndpoint = "e",
            Region = "r",
            Provider = ObjectStoreInfoPB.Types.Provider.S3,
        };
        return new() { InstanceId = instanceId, UserId = "u", Name = "n", Vault = new StorageVaultPB { ObjInfo = store } };
    }

    private static AlterClusterRequest AddCluster(string instanceId, string id, params string[] nodes) => new()
    {
        Op = AlterClusterRequest.Types.Operation.AddCluster,
        InstanceId = instanceId,
        Cluster = new ClusterPB
        {
            ClusterId = id,
            ClusterName = id,
            Type = ClusterPB.Types.Type.Compute,
            Nodes = { nodes.Select(n => new NodeInfoPB { CloudUniqueId = n, Ip = "10.0.0.1", HeartbeatPort = 9050 }) },
        },
    };
}
