using MetaService.Domain.Jobs;
using MetaService.Domain.Rowsets;
using MetaService.Domain.Tablets;
using MetaService.Records.Cloud;

namespace MetaService.Server.Rpc;

/// <summary>RPCs on tablets, their rowsets and their jobs.</summary>
public static class TabletRpcs
{
    public static void AddTo(
        RpcCatalogue rpcs,
        TabletService tablets,
        TabletStatsService stats,
        RowsetService rowsets,
        RowsetReadService rowsetReads,
        TabletJobService jobs)
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
        rpcs.Add<StartTabletJobRequest, StartTabletJobResponse>("start_tablet_job", jobs.StartTabletJobAsync);
        rpcs.Add<FinishTabletJobRequest, FinishTabletJobResponse>("finish_tablet_job", jobs.FinishTabletJobAsync);
    }
}
