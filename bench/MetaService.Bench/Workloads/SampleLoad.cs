using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using Client = MetaService.Records.Cloud.MetaService.MetaServiceClient;

namespace MetaService.Bench.Workloads;

/// <summary>A tablet and a load into it, after which its partition has a version.</summary>
internal static class SampleLoad
{
    public const long Db = 10001;
    public const long Table = 20001;
    public const long Partition = 40001;

    private const long Index = 30001;
    private const long Tablet = 50001;

    public static async Task RunAsync(Client client, string node, CancellationToken cancellationToken)
    {
        var created = await client.create_tabletsAsync(CreateTablet(node), cancellationToken: cancellationToken);
        RpcWorkload.Expect(created.Status);
        var info = new TxnInfoPB { DbId = Db, Label = "sample", TableIds = { Table }, TimeoutMs = 600_000 };
        var begun = await client.begin_txnAsync(
            new BeginTxnRequest { CloudUniqueId = node, TxnInfo = info }, cancellationToken: cancellationToken);
        RpcWorkload.Expect(begun.Status);
        var rowset = Rowset(node, begun.TxnId);
        RpcWorkload.Expect((await client.prepare_rowsetAsync(rowset, cancellationToken: cancellationToken)).Status);
        RpcWorkload.Expect((await client.commit_rowsetAsync(rowset, cancellationToken: cancellationToken)).Status);
        var commit = new CommitTxnRequest { CloudUniqueId = node, DbId = Db, TxnId = begun.TxnId };
        RpcWorkload.Expect((await client.commit_txnAsync(commit, cancellationToken: cancellationToken)).Status);
    }

    private static CreateTabletsRequest CreateTablet(string node) => new()
    {
        CloudUniqueId = node,
        DbId = Db,
        StorageVaultName = "built_in_storage_vault",
        TabletMetas =
        {
            new TabletMetaCloudPB
            {
                TableId = Table,
                IndexId = Index,
                PartitionId = Partition,
                TabletId = Tablet,
                SchemaHash = 1,
                TabletState = TabletStatePB.PbRunning,
                TabletUid = new PUniqueId { Hi = 1, Lo = Tablet },
                Schema = new TabletSchemaCloudPB { KeysType = KeysType.DupKeys, SchemaVersion = 0, NumShortKeyColumns = 1 },
                RsMetas = { Meta("first", 0, rows: 0) },
            },
        },
    };

    private static CreateRowsetRequest Rowset(string node, long txnId)
    {
        var meta = Meta("sample", txnId, rows: 1000);
        (meta.IndexId, meta.TxnExpiration) = (Index, 4_000_000_000);
        return new CreateRowsetRequest { CloudUniqueId = node, Temporary = true, RowsetMeta = meta };
    }

    private static RowsetMetaCloudPB Meta(string id, long txnId, long rows)
    {
        var meta = new RowsetMetaCloudPB
        {
            RowsetId = 0,
            RowsetIdV2 = id,
            TabletId = Tablet,
            PartitionId = Partition,
            NumRows = rows,
            TotalDiskSize = rows * 10,
            DataDiskSize = rows * 10,
            NumSegments = rows > 0 ? 1 : 0,
            SchemaVersion = 0,
        };
        if (txnId > 0)
        {
            meta.TxnId = txnId;
        }
        else
        {
            (meta.StartVersion, meta.EndVersion, meta.Empty) = (0, 1, true);
        }

        return meta;
    }
}
