using MetaService.Domain;
using MetaService.Domain.Instances;
using MetaService.Records.Cloud;
using MetaService.Records.Own;
using MetaService.Server.Access;
using MetaService.Storage;
using Operation = MetaService.Records.Cloud.AlterInstanceRequest.Types.Operation;
using Status = MetaService.Records.Cloud.InstanceInfoPB.Types.Status;

namespace MetaService.Server.Http;

/// <summary>Endpoints on instances.</summary>
public static class InstanceEndpoints
{
    private const int DefaultPage = 100;

    public static void Map(HttpApi api, InstanceService instances)
    {
        api.Group = "Instances";
        api.Change<CreateInstanceRequest>(
            "create_instance", "Creates an instance with its first storage vault, or a legacy one with obj_info.", instances.CreateAsync);
        Alter("drop_instance", "Marks an instance without clusters as deleted.", Operation.Drop);
        Alter("rename_instance", "Changes the display name of an instance.", Operation.Rename);
        Alter("enable_instance_sse", "Switches server-side encryption of object data on.", Operation.EnableSse);
        Alter("disable_instance_sse", "Switches server-side encryption of object data off.", Operation.DisableSse);
        api.Change<AlterInstanceRequest>("set_instance_status", "Sets an instance to NORMAL or OVERDUE.", (request, origin, token) =>
            request.Op is Operation.SetNormal or Operation.SetOverdue
                ? instances.AlterAsync(request, origin, token)
                : throw Errors.Invalid("op is required and must be SET_NORMAL or SET_OVERDUE"));
        api.Read(
            new EndpointDescription(
                "get_instance", HttpMethods.Get, Scopes.Read, "Shows an instance with its clusters, nodes and object stores.",
                null, typeof(InstanceInfoPB), "instance_id", "cloud_unique_id", "mask_secrets"),
            (context, trace, token) => GetAsync(context, instances, trace, token));
        api.Map(
            new EndpointDescription(
                "list_instances", HttpMethods.Get, Scopes.Read, "Lists instances in the order of their ids, page by page.",
                null, typeof(ListInstancesResponse), "prefix", "status", "limit", "page_token"),
            context => ListAsync(context, instances));

        void Alter(string name, string summary, Operation op) => api.Change<AlterInstanceRequest>(name, summary, (request, origin, token) =>
        {
            request.Op = op;
            return instances.AlterAsync(request, origin, token);
        });
    }

    private static Task<InstanceInfoPB> GetAsync(
        HttpContext context, InstanceService instances, ReadTrace? trace, CancellationToken token)
    {
        var instanceId = context.Request.Get("instance_id");
        var cloudUniqueId = context.Request.Get("cloud_unique_id");
        return context.Request.GetFlag("mask_secrets") || !RequestState.Of(context).ShowsSecrets
            ? instances.GetMaskedAsync(instanceId, cloudUniqueId, trace, token)
            : instances.GetAsync(instanceId, cloudUniqueId, trace, token);
    }

    private static async Task ListAsync(HttpContext context, InstanceService instances)
    {
        var filter = new InstanceFilter(
            context.Request.Get("prefix") ?? "",
            ParseStatus(context.Request.Get("status")),
            context.Request.Get("page_token") ?? "",
            context.Request.GetInt("limit", DefaultPage, 1, InstanceService.MaxPage));
        await Reply.OkAsync(context, await instances.ListAsync(filter, context.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static Status? ParseStatus(string? name) => name switch
    {
        null or "" => null,
        "NORMAL" => Status.Normal,
        "DELETED" => Status.Deleted,
        "OVERDUE" => Status.Overdue,
        _ => throw Errors.Invalid("status must be NORMAL, DELETED or OVERDUE"),
    };
}
