using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using Client = MetaService.Records.Cloud.MetaService.MetaServiceClient;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.TestKit.Rpc;

/// <summary>Runs loads as FE and BE nodes do: over gRPC, with the generated client.</summary>
public sealed class LoadClient(Client rpc, string instanceId)
{
    public const long Db = 10001;
    public const long Table = 20001;
    public const long Index = 30001;
    public const long Partition = 40001;

    private readonly string _cloudUniqueId = $"1:{instanceId}:fe";

    /// <summary>Creates a table with one partition and its tablets.</summary>
    public async Task CreateTabletsAsync(IEnumerable<long> tabletIds)
    {
        var request = new CreateTabletsRequest { CloudUniqueId = _cloudUniqueId, DbId = Db, StorageVaultName = "built_in_storage_vault" };
        foreach (var tabletId in tabletIds)
        {
            var first = new RowsetMetaCloudPB
            {
                RowsetId = 0,
                RowsetIdV2 = $"first-{tabletId}",
                TabletId = tabletId,
                PartitionId = Partition,
                StartVersion = 0,
                EndVersion = 1,
                NumRows = 0,
                TotalDiskSize = 0,
                DataDiskSize = 0,
                NumSegments = 0,
                Empty = true,
            };
            request.TabletMetas.Add(new TabletMetaCloudPB
            {
                TableId = Table,
                IndexId = Index,
                PartitionId = Partition,
                TabletId = tabletId,
                SchemaHash = 1,
                TabletState = TabletStatePB.PbRunning,
                TabletUid = new PUniqueId { Hi = 1, Lo = tabletId },
                Schema = new TabletSchemaCloudPB { KeysType = KeysType.DupKeys, SchemaVersion = 0, NumShortKeyColumns = 1 },
                RsMetas = { first },
            });
        }

        Expect(MetaServiceCode.Ok, (await rpc.create_tabletsAsync(request)).Status);
    }

    /// <summary>
    /// Begins a transaction, loads a rowset into each tablet and commits; returns the version that the partition got.
    /// </summary>
    public async Task<long> LoadAsync(string label, IReadOnlyList<long> tabletIds, long rows)
    {
        var txnId = await BeginAsync(label);
        foreach (var tabletId in tabletIds)
        {
            await AddRowsetAsync(txnId, tabletId, rows);
        }

        return await CommitAsync(txnId);
    }

    public async Task<long> CommitAsync(long txnId)
    {
        var commit = await rpc.commit_txnAsync(new CommitTxnRequest { CloudUniqueId = _cloudUniqueId, DbId = Db, TxnId = txnId });
        Expect(MetaServiceCode.Ok, commit.Status);
        commit.PartitionIds.Should().Equal(Partition);
        return commit.Versions.Single();
    }

    public async Task<long> BeginAsync(string label)
    {
        var begin = await rpc.begin_txnAsync(new BeginTxnRequest
        {
            CloudUniqueId = _cloudUniqueId,
            TxnInfo = new TxnInfoPB { DbId = Db, Label = label, TableIds = { Table }, TimeoutMs = 3_600_000 },
        });
        Expect(MetaServiceCode.Ok, begin.Status);
        return begin.TxnId;
    }

    public async Task AddRowsetAsync(long txnId, long tabletId, long rows)
    {
        var request = new CreateRowsetRequest
        {
            CloudUniqueId = _cloudUniqueId,
            Temporary = true,
            RowsetMeta = new RowsetMetaCloudPB
            {
                RowsetId = 0,
                RowsetIdV2 = $"rs-{txnId}-{tabletId}",
                TabletId = tabletId,
                PartitionId = Partition,
                IndexId = Index,
                TxnId = txnId,
                NumRows = rows,
                TotalDiskSize = rows * 10,
                DataDiskSize = rows * 10,
                NumSegments = 1,
                SchemaVersion = 0,
                TxnExpiration = 4_000_000_000,
            },
        };
        Expect(MetaServiceCode.Ok, (await rpc.prepare_rowsetAsync(request)).Status);
        Expect(MetaServiceCode.Ok, (await rpc.commit_rowsetAsync(request)).Status);
    }

    public async Task<TabletStatsPB> StatsAsync(long tabletId)
    {
        var request = new GetTabletStatsRequest
        {
            CloudUniqueId = _cloudUniqueId,
            TabletIdx = { new TabletIndexPB { TableId = Table, IndexId = Index, PartitionId = Partition, TabletId = tabletId } },
        };
        var response = await rpc.get_tablet_statsAsync(request);
        Expect(MetaServiceCode.Ok, response.Status);
        return response.TabletStats.Single();
    }

    public async Task<long> PartitionVersionAsync()
    {
        var response = await rpc.get_versionAsync(
            new GetVersionRequest { CloudUniqueId = _cloudUniqueId, DbId = Db, TableId = Table, PartitionId = Partition });
        Expect(MetaServiceCode.Ok, response.Status);
        return response.Version;
    }

    public async Task<TxnInfoPB> TxnAsync(long txnId)
    {
        var response = await rpc.get_txnAsync(new GetTxnRequest { CloudUniqueId = _cloudUniqueId, DbId = Db, TxnId = txnId });
        Expect(MetaServiceCode.Ok, response.Status);
        return response.TxnInfo;
    }

    public async Task<GetRowsetResponse> RowsetsAsync(long tabletId)
    {
        var response = await rpc.get_rowsetAsync(new GetRowsetRequest
        {
            CloudUniqueId = _cloudUniqueId,
            Idx = new TabletIndexPB { TableId = Table, IndexId = Index, PartitionId = Partition, TabletId = tabletId },
            StartVersion = 0,
            EndVersion = -1,
            BaseCompactionCnt = 0,
            CumulativeCompactionCnt = 0,
            CumulativePoint = 2,
        });
        Expect(MetaServiceCode.Ok, response.Status);
        return response;
    }

    /// <exception cref="StoreFailureException">The response blames the store.</exception>
    public static void Expect(MetaServiceCode code, MetaServiceResponseStatus status)
    {
        if (status.Code is MetaServiceCode.KvTxnConflict or MetaServiceCode.KvTxnTooOld or MetaServiceCode.KvTxnCommitErr
            or MetaServiceCode.KvTxnMaybeCommitted)
        {
            throw new StoreFailureException(status);
        }

        status.Code.Should().Be(code, status.Msg);
    }
}

/// <summary>A response that blames the store.</summary>
public sealed class StoreFailureException(MetaServiceResponseStatus status) : Exception($"{status.Code}: {status.Msg}");
