using Google.Protobuf;
using MetaService.Domain;
using MetaService.Json;
using MetaService.Records.Cloud;
using MetaService.Server.Http;

namespace MetaService.Server.Rpc;

/// <summary>
/// Endpoints that answer with the response of an RPC in protobuf text format, its status included, as the API document shows them.
/// </summary>
public static class TextRpcEndpoints
{
    public static void Map(HttpApi api, RpcCatalogue rpcs)
    {
        api.Group = "Transactions and tablets";
        Map<GetTabletStatsRequest, GetTabletStatsResponse>(
            api, rpcs, "get_tablet_stats", "get_tablet_stats", "Shows the statistics of tablets.", showsResult: true);
        Map<AbortTxnRequest, AbortTxnResponse>(
            api, rpcs, "abort_txn", "abort_txn", "Aborts a load transaction, by id or by label.", showsResult: false);
        Map<FinishTabletJobRequest, FinishTabletJobResponse>(
            api, rpcs, "abort_tablet_job", "finish_tablet_job", "Aborts a compaction of a tablet.", showsResult: false,
            request => request.Action = FinishTabletJobRequest.Types.Action.Abort);
    }

    private static void Map<TRequest, TResponse>(
        HttpApi api, RpcCatalogue rpcs, string name, string rpc, string summary, bool showsResult, Action<TRequest>? prepare = null)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var method = rpcs.Get<TRequest, TResponse>(rpc);
        var description = new EndpointDescription(name, HttpMethods.Post, summary, typeof(TRequest)) { IsText = true };
        api.Map(description, async context =>
        {
            var response = await method.InvokeAsync(token => ReadAsync(context, prepare, token), context.RequestAborted).ConfigureAwait(false);
            var status = method.StatusOf(response);
            if (status.Code != MetaServiceCode.Ok)
            {
                RequestLog.SetCode(context, status.Code.ToString());
            }

            var shown = showsResult ? response : method.WithStatus(new TResponse(), status);
            await Reply.TextAsync(context, ProtoText.DebugString(shown), HttpStatus(status.Code)).ConfigureAwait(false);
        });
    }

    private static async ValueTask<TRequest> ReadAsync<TRequest>(HttpContext context, Action<TRequest>? prepare, CancellationToken token)
        where TRequest : class, IMessage<TRequest>, new()
    {
        try
        {
            var request = await RequestBody.ReadAsync<TRequest>(context.Request, token).ConfigureAwait(false);
            RequestLog.SetInstance(context, request);
            prepare?.Invoke(request);
            return request;
        }
        catch (JsonRequestException e)
        {
            throw Errors.Invalid(e.Message);
        }
    }

    /// <summary>By cause: absent, malformed, wrong state or busy, store trouble.</summary>
    private static int HttpStatus(MetaServiceCode code) => code switch
    {
        MetaServiceCode.Ok => StatusCodes.Status200OK,
        MetaServiceCode.InvalidArgument or MetaServiceCode.ProtobufParseErr => StatusCodes.Status400BadRequest,
        MetaServiceCode.ClusterNotFound or MetaServiceCode.TabletNotFound or MetaServiceCode.TxnIdNotFound or
            MetaServiceCode.TxnLabelNotFound => StatusCodes.Status404NotFound,
        MetaServiceCode.KvTxnConflict or MetaServiceCode.KvTxnTooOld or MetaServiceCode.KvTxnMaybeCommitted or
            MetaServiceCode.KvTxnCommitErr or MetaServiceCode.ErrEncrypt or
            MetaServiceCode.ErrDecpypt => StatusCodes.Status503ServiceUnavailable,
        MetaServiceCode.UndefinedErr => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status409Conflict,
    };
}
