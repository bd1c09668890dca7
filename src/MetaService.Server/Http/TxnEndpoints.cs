using MetaService.Domain;
using MetaService.Domain.Stages;
using MetaService.Domain.Tablets;
using MetaService.Domain.Txns;
using MetaService.Json;
using MetaService.Records.Cloud;
using MetaService.Records.Own;
using MetaService.Server.Access;

namespace MetaService.Server.Http;

/// <summary>Endpoints on load transactions, tablets and stages that answer with the envelope, and the repair of statistics.</summary>
public static class TxnEndpoints
{
    public static void Map(HttpApi api, TxnService txns, TabletStatsService stats, StageService stages)
    {
        api.Group = "Transactions and tablets";
        api.Query<ListTxnsRequest, ListTxnsResponse>(
            "list_txns", Scopes.Read, "Lists load transactions of an instance, by database, status and age, page by page.",
            (request, token) => txns.ListTxnsAsync(request, token));
        api.Map(
            new EndpointDescription(
                "txn_lazy_commit", HttpMethods.Get, Scopes.Operate,
                "Makes a committed transaction visible, should its server have died.",
                null, typeof(TxnInfoPB), "instance_id", "txn_id"),
            context => DriveAsync(context, txns));
        api.Map(
            new EndpointDescription(
                "fix_tablet_stats", HttpMethods.Get, Scopes.Raw,
                "Counts rowsets anew and corrects the statistics of tablets that say otherwise.",
                null, null, "instance_id", "cloud_unique_id", "table_id", "tablet_id")
            { IsText = true },
            context => FixStatsAsync(context, stats));
        api.Read<GetStageRequest, GetStageResponse>(
            "get_stage", Scopes.Read, "Shows a stage with its keys.", stages.GetStageAsync);
    }

    private static async Task DriveAsync(HttpContext context, TxnService txns)
    {
        var instanceId = Check.Given(context.Request.Get("instance_id"), "instance_id");
        var txn = await txns.DriveCommittedTxnAsync(
            instanceId, context.Request.GetId("txn_id"), RequestOrigin.Of(context, "txn_lazy_commit"), context.RequestAborted)
            .ConfigureAwait(false);
        await Reply.OkAsync(context, txn).ConfigureAwait(false);
    }

    private static async Task FixStatsAsync(HttpContext context, TabletStatsService stats)
    {
        var instanceId = context.Request.Get("instance_id");
        var tabletId = string.IsNullOrEmpty(context.Request.Get("tablet_id")) ? null : (long?)context.Request.GetId("tablet_id");
        var corrected = await stats.FixTabletStatsAsync(
            instanceId,
            context.Request.Get("cloud_unique_id"),
            context.Request.GetId("table_id"),
            tabletId,
            RequestOrigin.Of(context, "fix_tablet_stats"),
            context.RequestAborted).ConfigureAwait(false);
        var lines = corrected.Select(c => $"{Line(c.Before)} -> {Line(c.After)}\n");
        await Reply.TextAsync(context, $"tablets corrected: {corrected.Count}\n{string.Concat(lines)}").ConfigureAwait(false);
    }

    private static string Line(TabletStatsPB stats) => ProtoJsonWriter.ToText(stats, ProtoJsonStyle.Record);
}
