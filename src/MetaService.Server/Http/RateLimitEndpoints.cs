using System.Globalization;
using MetaService.Domain;
using MetaService.Records.Own;
using MetaService.Server.Access;
using MetaService.Server.Limits;

namespace MetaService.Server.Http;

/// <summary>Endpoints on the rate limits of this server; they are kept in memory and apply to this server alone.</summary>
public static class RateLimitEndpoints
{
    public static void Map(HttpApi api, RateLimits limits, ILogger log)
    {
        api.Group = "Limits";
        api.Map(
            new EndpointDescription(
                "adjust_rate_limit", HttpMethods.Post, Scopes.Operate,
                "Sets the calls per second of an endpoint or RPC, of an instance, of both or of all, until the server stops.",
                null, null, "qps_limit", "rpc_name", "instance_id")
            { IsControl = true },
            context => AdjustAsync(context, limits, log));
        api.Map(
            new EndpointDescription(
                "list_rate_limit", HttpMethods.Get, Scopes.Read, "Lists the limits on calls per second of this server.",
                null, typeof(ListRateLimitsResponse))
            { IsControl = true },
            context => Reply.OkAsync(context, List(limits)));
    }

    private static Task AdjustAsync(HttpContext context, RateLimits limits, ILogger log)
    {
        var name = NullIfEmpty(context.Request.Get("rpc_name"));
        if (name is not null && !limits.Knows(name))
        {
            throw Errors.Invalid("rpc_name must be the name of an endpoint or RPC of this server");
        }

        var instanceId = NullIfEmpty(context.Request.Get("instance_id"));
        if (instanceId is not null)
        {
            RequestLog.SetInstance(context, Check.InstanceId(instanceId));
        }

        var qps = Qps(context);
        if (!limits.TrySet(new RateLimit(name, instanceId, qps)))
        {
            throw Errors.Invalid($"there are {RateLimits.MaxLimits} limits already");
        }

        log.LogInformation(
            "{Caller} from {From} has limited {Route} on {InstanceId} to {Qps} calls per second",
            RequestState.Of(context).Caller?.Name,
            context.Connection.RemoteIpAddress,
            name ?? "all",
            instanceId ?? "each instance",
            qps);
        return Reply.OkAsync(context);
    }

    private static ListRateLimitsResponse List(RateLimits limits)
    {
        var response = new ListRateLimitsResponse { QpsLimit = limits.Default };
        foreach (var limit in limits.Set)
        {
            var shown = new RateLimitPB { QpsLimit = limit.Qps };
            if (limit.Name is not null)
            {
                shown.RpcName = limit.Name;
            }

            if (limit.InstanceId is not null)
            {
                shown.InstanceId = limit.InstanceId;
            }

            response.Limits.Add(shown);
        }

        return response;
    }

    private static long Qps(HttpContext context) => Check.Given(context.Request.Get("qps_limit"), "qps_limit") switch
    {
        var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var qps) &&
            qps <= RateLimits.MaxQps => qps,
        _ => throw Errors.Invalid($"qps_limit must be a whole number from 0 to {RateLimits.MaxQps}"),
    };

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
