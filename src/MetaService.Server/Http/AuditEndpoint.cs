using MetaService.Domain.Audit;
using MetaService.Records.Own;
using MetaService.Server.Access;

namespace MetaService.Server.Http;

/// <summary>The endpoint that shows who changed what.</summary>
public static class AuditEndpoint
{
    public static void Map(HttpApi api, AuditService audit)
    {
        api.Group = "Audit";
        api.Map(
            new EndpointDescription(
                "audit", HttpMethods.Get, Scopes.Read,
                "Shows who changed an instance, or without an id the service as a whole, the newest changes first, page by page.",
                null, typeof(AuditResponse), "instance_id", "limit", "page_token"),
            context => ListAsync(context, audit));
    }

    private static async Task ListAsync(HttpContext context, AuditService audit)
    {
        var response = await audit.ListAsync(
            context.Request.Get("instance_id") ?? "",
            context.Request.Get("page_token") ?? "",
            context.Request.GetInt("limit", AuditService.DefaultPage, 1, AuditService.MaxPage),
            context.RequestAborted).ConfigureAwait(false);
        await Reply.OkAsync(context, response).ConfigureAwait(false);
    }
}
