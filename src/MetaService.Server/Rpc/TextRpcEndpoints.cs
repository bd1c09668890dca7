using Google.Protobuf;
using MetaService.Domain;
using MetaService.Json;
using MetaService.Records.Cloud;
using MetaService.Server.Access;
using MetaService.Server.Http;
using MetaService.Server.Limits;

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
            api, rpcs, "get_tablet_stats", Scopes.Read, "get_tablet_stats", "Shows the statistics of tablets.",
            showsResult: true);
        Map<AbortTxnRequest, AbortTxnResponse>(
            api, rpcs, "abort_txn", Scopes.Operate, "abort_txn", "Aborts a load transaction, by id or by label.",
            showsResult: false);
        Map<FinishTabletJobRequest, FinishTabletJobResponse>(
            api, rpcs, "abort_tablet_job", Scopes.Operate, "finish_tablet_job", "Aborts a compaction of a tablet.",
            showsResult: false,
            request => request.Action = FinishTabletJobRequest.Types.Action.Abort);
    }

    private static void Map<TRequest, TResponse>(
        HttpApi api,
        RpcCatalogue rpcs,
        string name,
        Scopes scope,
        string rpc,
        string summary,
        bool showsResult,
        Action<TRequest>? prepare = null)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var method = rpcs.Get<TRequest, TResponse>(rpc);
        var description = new EndpointDescription(name, HttpMethods.Post, scope, summary, typeof(TRequest)) { IsText = true };
        api.Map(description, AnswerAsync, RefuseAsync);

        async Task AnswerAsync(HttpContext context)
        {
            var response = await method
                .InvokeAsync(
                    RequestState.Of(context),
                    RequestOrigin.Of(context, name),
                    _ => ReadAsync(api, context, prepare),
                    context.RequestAborted)
                .ConfigureAwait(false);
            var status = method.StatusOf(response);
            var shown = showsResult ? response : method.WithStatus(new TResponse(), status);
            await SendAsync(context, shown, status).ConfigureAwait(false);
        }

        Task RefuseAsync(HttpContext context, Admittance refusal)
        {
            var status = RpcCode.StatusOf(refusal);
            RequestLog.SetCode(context, RpcCode.NameOf(status.Code));
            return SendAsync(context, method.WithStatus(new TResponse(), status), status);
        }
    }

    private static Task SendAsync(HttpContext context, IMessage response, MetaServiceResponseStatus status)
    {
        if (status.Code == MetaServiceCode.MaxQpsLimit)
        {
            context.Response.Headers.RetryAfter = LoadControl.RetryAfter;
        }

        return Reply.TextAsync(context, ProtoText.DebugString(response), HttpStatus(status.Code));
    }

    private static async ValueTask<TRequest> ReadAsync<TRequest>(HttpApi api, HttpContext context, Action<TRequest>? prepare)
        where TRequest : class, IMessage<TRequest>, new()
    {
        try
        {
            var request = await api.ReadAsync<TRequest>(context).ConfigureAwait(false);
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
        MetaServiceCode.MaxQpsLimit => StatusCodes.Status429TooManyRequests,
        _ => StatusCodes.Status409Conflict,
    };
}
