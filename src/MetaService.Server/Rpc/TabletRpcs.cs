using MetaService.Domain.DeleteBitmaps;
using MetaService.Domain.Jobs;
using MetaService.Domain.Partitions;
using MetaService.Domain.Rowsets;
using MetaService.Domain.Tablets;
using MetaService.Domain.Versions;
using MetaService.Records.Cloud;

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
        rpcs.Add<CreateTabletsRequest, CreateTabletsResponse>("create_tablets", tablets.CreateTabletsAsync);
        rpcs.Add<UpdateTabletRequest, UpdateTabletResponse>("update_tablet", tablets.UpdateTabletAsync);
        rpcs.Add<GetTabletRequest, GetTabletResponse>("get_tablet", tablets.GetTabletAsync);
        rpcs.Add<GetTabletStatsRequest, GetTabletStatsResponse>("get_tablet_stats", stats.GetTabletStatsAsync);
        rpcs.Add<CreateRowsetRequest, CreateRowsetResponse>("prepare_rowset", rowsets.PrepareRowsetAsync);
        rpcs.Add<CreateRowsetRequest, CreateRowsetResponse>("commit_rowset", rowsets.CommitRowsetAsync);
        rpcs.Add<CreateRowsetRequest, CreateRowsetResponse>("update_tmp_rowset", rowsets.UpdateTmpRowsetAsync);
        rpcs.Add<GetRowsetRequest, GetRowsetResponse>("get_rowset", rowsetReads.GetRowsetAsync);
        rpcs.Add<GetSchemaDictRequest, GetSchemaDictResponse>("get_schema_dict", rowsetReads.GetSchemaDictAsync);
        rpcs.Add<IndexRequest, IndexResponse>("prepare_index", indexes.PrepareIndexAsync);
        rpcs.Add<IndexRequest, IndexResponse>("commit_index", indexes.CommitIndexAsync);
        rpcs.Add<IndexRequest, IndexResponse>("drop_index", indexes.DropIndexAsync);
        rpcs.Add<PartitionRequest, PartitionResponse>("prepare_partition", partitions.PreparePartitionAsync);
        rpcs.Add<PartitionRequest, PartitionResponse>("commit_partition", partitions.CommitPartitionAsync);
        rpcs.Add<PartitionRequest, PartitionResponse>("drop_partition", partitions.DropPartitionAsync);
        rpcs.Add<GetVersionRequest, GetVersionResponse>("get_version", versions.GetVersionAsync);
        rpcs.Add<StartTabletJobRequest, StartTabletJobResponse>("start_tablet_job", jobs.StartTabletJobAsync);
        rpcs.Add<FinishTabletJobRequest, FinishTabletJobResponse>("finish_tablet_job", jobs.FinishTabletJobAsync);
        rpcs.Add<GetDeleteBitmapUpdateLockRequest, GetDeleteBitmapUpdateLockResponse>(
            "get_delete_bitmap_update_lock", bitmapLocks.GetDeleteBitmapUpdateLockAsync);
        rpcs.Add<RemoveDeleteBitmapUpdateLockRequest, RemoveDeleteBitmapUpdateLockResponse>(
            "remove_delete_bitmap_update_lock", bitmapLocks.RemoveDeleteBitmapUpdateLockAsync);
        rpcs.Add<UpdateDeleteBitmapRequest, UpdateDeleteBitmapResponse>("update_delete_bitmap", bitmaps.UpdateDeleteBitmapAsync);
        rpcs.Add<GetDeleteBitmapRequest, GetDeleteBitmapResponse>("get_delete_bitmap", bitmaps.GetDeleteBitmapAsync);
        rpcs.Add<RemoveDeleteBitmapRequest, RemoveDeleteBitmapResponse>("remove_delete_bitmap", bitmaps.RemoveDeleteBitmapAsync);
    }
}
