using MetaService.Domain.DeleteBitmaps;
using MetaService.Domain.Jobs;
using MetaService.Domain.Partitions;
using MetaService.Domain.Rowsets;
using MetaService.Domain.Tablets;
using MetaService.Domain.Versions;
using MetaService.Records.Cloud;
using MetaService.Server.Access;

namespace MetaService.Server.Rpc;

/// <summary>RPCs on tablets, rowsets, indexes, partitions, versions, tablet jobs and delete bitmaps.</summary>
public sealed class TabletRpcs(
    TabletService tablets,
    TabletStatsService stats,
    RowsetService rowsets,
    RowsetReadService rowsetReads,
    IndexService indexes,
    PartitionService partitions,
    VersionService versions,
    TabletJobService jobs,
    DeleteBitmapService bitmaps,
    DeleteBitmapLockService bitmapLocks)
{
    public void AddTo(RpcCatalogue rpcs)
    {
        rpcs.Add<CreateTabletsRequest, CreateTabletsResponse>("create_tablets", Scopes.Operate, tablets.CreateTabletsAsync);
        rpcs.Add<UpdateTabletRequest, UpdateTabletResponse>("update_tablet", Scopes.Operate, tablets.UpdateTabletAsync);
        rpcs.Add<GetTabletRequest, GetTabletResponse>("get_tablet", Scopes.Read, tablets.GetTabletAsync);
        rpcs.Add<GetTabletStatsRequest, GetTabletStatsResponse>("get_tablet_stats", Scopes.Read, stats.GetTabletStatsAsync);
        rpcs.Add<CreateRowsetRequest, CreateRowsetResponse>("prepare_rowset", Scopes.Operate, rowsets.PrepareRowsetAsync);
        rpcs.Add<CreateRowsetRequest, CreateRowsetResponse>("commit_rowset", Scopes.Operate, rowsets.CommitRowsetAsync);
        rpcs.Add<CreateRowsetRequest, CreateRowsetResponse>("update_tmp_rowset", Scopes.Operate, rowsets.UpdateTmpRowsetAsync);
        rpcs.Add<GetRowsetRequest, GetRowsetResponse>("get_rowset", Scopes.Read, rowsetReads.GetRowsetAsync);
        rpcs.Add<GetSchemaDictRequest, GetSchemaDictResponse>("get_schema_dict", Scopes.Read, rowsetReads.GetSchemaDictAsync);
        rpcs.Add<IndexRequest, IndexResponse>("prepare_index", Scopes.Operate, indexes.PrepareIndexAsync);
        rpcs.Add<IndexRequest, IndexResponse>("commit_index", Scopes.Operate, indexes.CommitIndexAsync);
        rpcs.Add<IndexRequest, IndexResponse>("drop_index", Scopes.Operate, indexes.DropIndexAsync);
        rpcs.Add<PartitionRequest, PartitionResponse>("prepare_partition", Scopes.Operate, partitions.PreparePartitionAsync);
        rpcs.Add<PartitionRequest, PartitionResponse>("commit_partition", Scopes.Operate, partitions.CommitPartitionAsync);
        rpcs.Add<PartitionRequest, PartitionResponse>("drop_partition", Scopes.Operate, partitions.DropPartitionAsync);
        rpcs.Add<GetVersionRequest, GetVersionResponse>("get_version", Scopes.Read, versions.GetVersionAsync);
        rpcs.Add<StartTabletJobRequest, StartTabletJobResponse>("start_tablet_job", Scopes.Operate, jobs.StartTabletJobAsync);
        rpcs.Add<FinishTabletJobRequest, FinishTabletJobResponse>(
            "finish_tablet_job",
            Scopes.Operate,
            (request, origin, token) => jobs.FinishTabletJobAsync(request, origin.UnlessNode, token));
        rpcs.Add<GetDeleteBitmapUpdateLockRequest, GetDeleteBitmapUpdateLockResponse>(
            "get_delete_bitmap_update_lock", Scopes.Operate, bitmapLocks.GetDeleteBitmapUpdateLockAsync);
        rpcs.Add<RemoveDeleteBitmapUpdateLockRequest, RemoveDeleteBitmapUpdateLockResponse>(
            "remove_delete_bitmap_update_lock", Scopes.Operate, bitmapLocks.RemoveDeleteBitmapUpdateLockAsync);
        rpcs.Add<UpdateDeleteBitmapRequest, UpdateDeleteBitmapResponse>(
            "update_delete_bitmap", Scopes.Operate, bitmaps.UpdateDeleteBitmapAsync);
        rpcs.Add<GetDeleteBitmapRequest, GetDeleteBitmapResponse>("get_delete_bitmap", Scopes.Read, bitmaps.GetDeleteBitmapAsync);
        rpcs.Add<RemoveDeleteBitmapRequest, RemoveDeleteBitmapResponse>(
            "remove_delete_bitmap", Scopes.Operate, bitmaps.RemoveDeleteBitmapAsync);
    }
}
