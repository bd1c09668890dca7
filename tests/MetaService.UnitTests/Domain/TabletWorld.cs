using MetaService.Domain;
using MetaService.Domain.DeleteBitmaps;
using MetaService.Domain.Jobs;
using MetaService.Domain.Partitions;
using MetaService.Domain.Rowsets;
using MetaService.Domain.Secrets;
using MetaService.Domain.Stages;
using MetaService.Domain.Tablets;
using MetaService.Domain.Txns;
using MetaService.Domain.Versions;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Storage;
using MetaService.UnitTests.Maintenance;
using MetaService.UnitTests.Security;
using Microsoft.Extensions.Time.Testing;
using Action = MetaService.Records.Cloud.FinishTabletJobRequest.Types.Action;
using CompactionType = MetaService.Records.Cloud.TabletCompactionJobPB.Types.CompactionType;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.UnitTests.Domain;

/// <summary>
/// A store, in memory unless one is given, with a legacy instance, the services on it, and requests that succeed unless a test spoils them.
/// </summary>
internal sealed class TabletWorld
{
    public const string InstanceId = "x1";
    public const string Node = "1:x1:be1";
    public const long Start = 1_795_447_360;

    public TabletWorld(IKvStore? store = null)
    {
        // The store and its retries run on real time; only what the services write and compare is under control.
        Store = store ?? new InMemoryKvStore(TimeProvider.System);
        Runner = new TransactionRunner(Store, TimeProvider.System);
        Txns = new TxnService(Runner, Time, new TxnOptions());
        Tablets = new TabletService(Runner);
        Stats = new TabletStatsService(Runner, Time);
        Rowsets = new RowsetService(Runner, Time);
        RowsetReads = new RowsetReadService(Runner);
        Jobs = new TabletJobService(Runner, Time);
        Expired = new ExpiredJobs(Runner, Time);
        Indexes = new IndexService(Runner, Time);
        Partitions = new PartitionService(Runner, Time);
        Versions = new VersionService(Runner, (instance, txn, token) => Txns.DriveCommittedTxnAsync(instance, txn, token));
        Locks = new DeleteBitmapLockService(Runner, Time);
        Bitmaps = new DeleteBitmapService(Runner);
        Secrets = TestKeys.Sealing(Runner);
        Stages = new StageService(Runner, Time, new StageOptions(), Secrets);
        var objInfo = new ObjectStoreInfoPB { Id = "1", Ak = "ak", Sk = "sk", Prefix = "p" };
        Put(Key.Instance(InstanceId), new InstanceInfoPB { InstanceId = InstanceId, ObjInfo = { objInfo } });
        Put(Key.Instance("dropped"), new InstanceInfoPB { InstanceId = "dropped", Status = InstanceInfoPB.Types.Status.Deleted });
    }

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.FromUnixTimeSeconds(Start));

    public IKvStore Store { get; }

    public TransactionRunner Runner { get; }

    public TxnService Txns { get; }

    public TabletService Tablets { get; }

    public TabletStatsService Stats { get; }

    public RowsetService Rowsets { get; }

    public RowsetReadService RowsetReads { get; }

    public TabletJobService Jobs { get; }

    public ExpiredJobs Expired { get; }

    public IndexService Indexes { get; }

    public PartitionService Partitions { get; }

    public VersionService Versions { get; }

    public DeleteBitmapLockService Locks { get; }

    public DeleteBitmapService Bitmaps { get; }

    public SealedRecords Secrets { get; }

    public StageService Stages { get; }

    public static TabletIndexPB Idx(long tabletId = 50001) =>
        new() { TableId = 20001, IndexId = 30001, PartitionId = 40001, TabletId = tabletId };

    public static TabletMetaCloudPB Meta(long tabletId = 50001) => new()
    {
        TableId = 20001,
        IndexId = 30001,
        PartitionId = 40001,
        TabletId = tabletId,
        TabletState = TabletStatePB.PbRunning,
        Schema = new TabletSchemaCloudPB
        {
            SchemaVersion = 0,
            Column = { new ColumnPB { UniqueId = 0, Type = "INT" }, new ColumnPB { UniqueId = 1, Type = "DECIMAL128" } },
        },
        RsMetas =
        {
            new RowsetMetaCloudPB
            {
                RowsetId = 0,
                RowsetIdV2 = $"first{tabletId}",
                TabletId = tabletId,
                StartVersion = 0,
                EndVersion = 1,
            },
        },
    };

    public static CreateTabletsRequest CreateTablets(params long[] tabletIds) =>
        new() { CloudUniqueId = Node, DbId = 10001, TabletMetas = { tabletIds.Select(Meta) } };

    public static CreateRowsetRequest Rowset(string rowsetId, long txnId, long tabletId = 50001) => new()
    {
        CloudUniqueId = Node,
        Temporary = true,
        RowsetMeta = new RowsetMetaCloudPB
        {
            RowsetId = 0,
            RowsetIdV2 = rowsetId,
            TabletId = tabletId,
            PartitionId = 40001,
            IndexId = 30001,
            TxnId = txnId,
            NumRows = 100,
            NumSegments = 1,
            TotalDiskSize = 1000,
            DataDiskSize = 1000,
            SchemaVersion = 0,
            TxnExpiration = Start + 3600,
        },
    };

    public static StartTabletJobRequest StartCompaction(
        string id, CompactionType type = CompactionType.Cumulative, long[]? versions = null, long tabletId = 50001)
    {
        var compaction = new TabletCompactionJobPB
        {
            Id = id,
            Initiator = "1.1.1.1:8060",
            Type = type,
            BaseCompactionCnt = 0,
            CumulativeCompactionCnt = 0,
            Expiration = Start + 1000,
            Lease = Start + 600,
            InputVersions = { versions ?? [] },
        };
        return new() { CloudUniqueId = Node, Job = new TabletJobInfoPB { Idx = Idx(tabletId), Compaction = { compaction } } };
    }

    public static FinishTabletJobRequest Finish(Action action, string id, long tabletId = 50001) => new()
    {
        CloudUniqueId = Node,
        Action = action,
        Job = new TabletJobInfoPB { Idx = Idx(tabletId), Compaction = { new TabletCompactionJobPB { Id = id } } },
    };

    public static async Task<MetaServiceException> Refusal(Func<Task> call, MetaServiceCode code)
    {
        var refusal = (await call.Should().ThrowAsync<MetaServiceException>()).Which;
        refusal.Code.Should().Be(code, refusal.Message);
        return refusal;
    }

    public Task CreateAsync(params long[] tabletIds) => Tablets.CreateTabletsAsync(CreateTablets(tabletIds), default);

    /// <summary>Begins a transaction, loads a rowset into a tablet and commits.</summary>
    /// <returns>The version that it has become.</returns>
    public async Task<long> LoadAsync(string label, long tabletId = 50001)
    {
        var txnId = await BeginAsync(label);
        await WriteRowsetAsync(Rowset(label, txnId, tabletId));
        var response = await Txns.CommitTxnAsync(new CommitTxnRequest { CloudUniqueId = Node, DbId = 10001, TxnId = txnId });
        return response.Versions.Single();
    }

    public async Task<long> BeginAsync(string label)
    {
        var txn = new TxnInfoPB { DbId = 10001, Label = label, TableIds = { 20001 }, TimeoutMs = 3_600_000 };
        return (await Txns.BeginTxnAsync(new BeginTxnRequest { CloudUniqueId = Node, TxnInfo = txn })).TxnId;
    }

    public async Task WriteRowsetAsync(CreateRowsetRequest request)
    {
        await Rowsets.PrepareRowsetAsync(request, default);
        await Rowsets.CommitRowsetAsync(request, default);
    }

    public async Task<TabletStatsPB> StatsOfAsync(long tabletId = 50001)
    {
        var tablet = new TabletIndexPB { TabletId = tabletId };
        var request = new GetTabletStatsRequest { CloudUniqueId = Node, TabletIdx = { tablet } };
        return (await Stats.GetTabletStatsAsync(request, default)).TabletStats.Single();
    }

    public T? Get<T>(RecordKey<T> key)
        where T : class, Google.Protobuf.IMessage<T>, new() =>
        Runner.ReadAsync((reader, token) => reader.GetAsync(key, cancellationToken: token)).GetAwaiter().GetResult();

    public void Put<T>(RecordKey<T> key, T record)
        where T : class, Google.Protobuf.IMessage<T>, new() =>
        Change(transaction => transaction.Set(key, record));

    /// <summary>A record with its secrets sealed.</summary>
    public T? Get<T>(SecretRecordKey<T> key)
        where T : class, Google.Protobuf.IMessage<T>, new() =>
        Runner.ReadAsync((reader, token) => reader.GetAsync(key, cancellationToken: token)).GetAwaiter().GetResult();

    /// <summary>A record with its secrets opened.</summary>
    public T GetOpen<T>(SecretRecordKey<T> key)
        where T : class, Google.Protobuf.IMessage<T>, new() =>
        Runner.ReadAsync(async (reader, token) =>
        {
            var record = (await reader.GetAsync(key, cancellationToken: token))!;
            await Secrets.OpenAsync(reader, key, record, token);
            return record;
        }).GetAwaiter().GetResult();

    /// <summary>Writes a record with its secrets clear.</summary>
    public void Put<T>(SecretRecordKey<T> key, T record)
        where T : class, Google.Protobuf.IMessage<T>, new() =>
        Change(transaction => transaction.SetClear(key, record));

    public void Change(Action<IKvTransaction> change) => Runner.RunAsync(
        (transaction, _) =>
        {
            change(transaction);
            return ValueTask.FromResult(true);
        }).GetAwaiter().GetResult();

    /// <summary>Checks that what a test leaves in the store is sound.</summary>
    public void EnsureSound() => Verified.ShouldBeSoundAsync(Store).GetAwaiter().GetResult();

    /// <summary>All keys and values, in hexadecimal.</summary>
    public async Task<SortedDictionary<string, string>> DumpAsync()
    {
        var pairs = await Runner.ReadAsync(
            async (reader, token) => (await reader.GetRangeAsync(new byte[] { 0 }, new byte[] { 0xFF }, default, token)).Pairs);
        return new(
            pairs.ToDictionary(p => Convert.ToHexStringLower(p.Key), p => Convert.ToHexStringLower(p.Value)),
            StringComparer.Ordinal);
    }
}
