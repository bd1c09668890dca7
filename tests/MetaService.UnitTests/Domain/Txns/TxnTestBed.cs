using MetaService.Domain;
using MetaService.Domain.Txns;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Storage;
using MetaService.UnitTests.Maintenance;
using Microsoft.Extensions.Time.Testing;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.UnitTests.Domain.Txns;

/// <summary>
/// A store with one instance and some tablets, and the services on it. Its clock stands still until it is moved.
/// </summary>
internal sealed class TxnTestBed : IAsyncDisposable
{
    public const string Instance = "x1";
    public const string Node = "1:x1:be1";
    public const long Db = 10001;
    public const long Table = 20001;
    public const long Index = 30001;
    public const long Partition = 40001;
    public const long Tablet = 50001;

    public TxnTestBed(IKvStore? store = null, TxnOptions? options = null)
    {
        Store = store ?? new InMemoryKvStore(Time);

        // Pauses between retries are real ones: the services' clock does not move by itself.
        Runner = new TransactionRunner(
            Store, TimeProvider.System, new TransactionRunnerOptions { Deadline = TimeSpan.FromMinutes(1) });
        Txns = new TxnService(Runner, Time, options ?? new TxnOptions());
        Housekeeping = new TxnHousekeeping(Runner, Time, options ?? new TxnOptions());
    }

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UnixEpoch.AddYears(50));

    public IKvStore Store { get; }

    public TransactionRunner Runner { get; }

    public TxnService Txns { get; }

    public TxnHousekeeping Housekeeping { get; }

    public long Now => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public static async Task<TxnTestBed> CreateAsync(IKvStore? store = null, TxnOptions? options = null)
    {
        var bed = new TxnTestBed(store, options);
        await bed.WriteAsync(t => t.SetClear(Key.Instance(Instance), new InstanceInfoPB { InstanceId = Instance }));
        await bed.AddTabletAsync(Tablet);
        return bed;
    }

    /// <summary>Set by tests that write what no service writes, so that the store need not be sound at their end.</summary>
    public bool IsDamaged { get; set; }

    /// <summary>Checks that what the test leaves in the store is sound.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!IsDamaged)
        {
            await Verified.ShouldBeSoundAsync(Store);
        }

        await Store.DisposeAsync();
    }

    public Task WriteAsync(Action<IKvTransaction> write) => Runner.RunAsync((transaction, _) =>
    {
        write(transaction);
        return ValueTask.FromResult(true);
    });

    public Task AddTabletAsync(long tabletId, long partitionId = Partition, long tableId = Table) => WriteAsync(t =>
    {
        var tablet = IndexOf(tabletId, partitionId, tableId);
        var meta = new TabletMetaCloudPB { TableId = tableId, IndexId = Index, PartitionId = partitionId, TabletId = tabletId };
        var first = new RowsetMetaCloudPB
        {
            RowsetId = 0,
            RowsetIdV2 = $"rs-{tabletId}",
            TabletId = tabletId,
            EndVersion = 1,
            SchemaVersion = 0,
        };
        t.Set(Key.MetaSchema(Instance, Index, 0), new TabletSchemaCloudPB { SchemaVersion = 0 });
        t.Set(Key.MetaTablet(Instance, tablet), meta);
        t.Set(Key.MetaRowset(Instance, tabletId, first.EndVersion), first);
        t.Set(Key.MetaTabletIndex(Instance, tabletId), tablet);
        t.Set(Key.StatsTablet(Instance, tablet), new TabletStatsPB { Idx = tablet, NumRowsets = 1 });
    });

    public Task RemoveTabletAsync(long tabletId) => WriteAsync(t =>
    {
        t.Clear(Key.MetaTablet(Instance, IndexOf(tabletId)));
        t.Clear(Key.MetaTabletIndex(Instance, tabletId));
        t.ClearRange(KeyRanges.Rowsets(Instance, tabletId));
        t.ClearRange(KeyRanges.TabletStats(Instance, IndexOf(tabletId)));
    });

    public static TabletIndexPB IndexOf(long tabletId, long partitionId = Partition, long tableId = Table) =>
        new() { DbId = Db, TableId = tableId, IndexId = Index, PartitionId = partitionId, TabletId = tabletId };

    public Task AddRowsetAsync(
        long txnId, long tabletId = Tablet, long partitionId = Partition, long rows = 10, Action<RowsetMetaCloudPB>? change = null)
    {
        var rowset = new RowsetMetaCloudPB
        {
            RowsetId = 0,
            RowsetIdV2 = $"rs-{txnId}-{tabletId}",
            TxnId = txnId,
            TabletId = tabletId,
            PartitionId = partitionId,
            NumRows = rows,
            TotalDiskSize = rows * 100,
            DataDiskSize = rows * 90,
            NumSegments = 1,
            SchemaVersion = 0,
        };
        change?.Invoke(rowset);
        return WriteAsync(t => t.Set(Key.MetaRowsetTmp(Instance, txnId, tabletId), rowset));
    }

    public static BeginTxnRequest BeginRequest(string label = "l1", long tableId = Table, Action<TxnInfoPB>? change = null)
    {
        var info = new TxnInfoPB { DbId = Db, Label = label, TimeoutMs = 3_600_000 };
        info.TableIds.Add(tableId);
        change?.Invoke(info);
        return new BeginTxnRequest { CloudUniqueId = Node, TxnInfo = info };
    }

    public async Task<long> BeginAsync(string label = "l1", long tableId = Table, Action<TxnInfoPB>? change = null) =>
        (await Txns.BeginTxnAsync(BeginRequest(label, tableId, change))).TxnId;

    public static CommitTxnRequest CommitRequest(long txnId, bool isTwoPhase = false) =>
        new() { CloudUniqueId = Node, DbId = Db, TxnId = txnId, Is2Pc = isTwoPhase };

    public Task<CommitTxnResponse> CommitAsync(long txnId, bool isTwoPhase = false) => Txns.CommitTxnAsync(CommitRequest(txnId, isTwoPhase));

    public Task<AbortTxnResponse> AbortAsync(long txnId) =>
        Txns.AbortTxnAsync(new AbortTxnRequest { CloudUniqueId = Node, TxnId = txnId });

    public Task<PrecommitTxnResponse> PrecommitAsync(long txnId) =>
        Txns.PrecommitTxnAsync(
            new PrecommitTxnRequest { CloudUniqueId = Node, DbId = Db, TxnId = txnId, PrecommitTimeoutMs = 60_000 });

    public async Task<TxnInfoPB> InfoAsync(long txnId) =>
        (await Txns.GetTxnAsync(new GetTxnRequest { CloudUniqueId = Node, TxnId = txnId })).TxnInfo;

    public Task<T?> GetAsync<T>(RecordKey<T> key)
        where T : class, Google.Protobuf.IMessage<T>, new() =>
        Runner.ReadAsync((reader, token) => reader.GetAsync(key, cancellationToken: token));

    public Task<VersionPB?> VersionAsync(long partitionId = Partition, long tableId = Table) =>
        GetAsync(Key.PartitionVersion(Instance, Db, tableId, partitionId));

    public Task<long?> TableVersionAsync(long tableId = Table) =>
        Runner.ReadAsync((reader, token) => reader.GetAsync(Key.TableVersion(Instance, Db, tableId), cancellationToken: token));

    public async Task<TabletStatsPB> StatsAsync(long tabletId = Tablet, long partitionId = Partition, long tableId = Table) =>
        (await Runner.ReadAsync((reader, token) => reader.GetTabletStatsAsync(
            Instance, IndexOf(tabletId, partitionId, tableId), cancellationToken: token)))!.Merge();

    /// <summary>All pairs of the store, as hex.</summary>
    public async Task<SortedDictionary<string, string>> DumpAsync() => new(
        (await Runner.ReadAsync((reader, token) => reader.GetRangeAsync(
            new byte[] { 0 }, new byte[] { 0xFF }, new KvRangeOptions(1_000_000), token))).Pairs
        .ToDictionary(p => Convert.ToHexStringLower(p.Key), p => Convert.ToHexStringLower(p.Value)),
        StringComparer.Ordinal);

    /// <summary>Checks that a call is refused with a code, and that it changes nothing.</summary>
    public async Task<MetaServiceException> RefusesAsync(MetaServiceCode code, Func<Task> call)
    {
        var before = await DumpAsync();
        var refusal = (await call.Should().ThrowAsync<MetaServiceException>()).Which;
        refusal.Code.Should().Be(code, refusal.Message);
        (await DumpAsync()).Should().Equal(before, "a refusal changes nothing");
        return refusal;
    }
}
