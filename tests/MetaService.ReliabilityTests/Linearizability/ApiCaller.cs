using System.Text.Json.Nodes;
using MetaService.ReliabilityTests.Faults;

namespace MetaService.ReliabilityTests.Linearizability;

/// <summary>Makes calls over HTTP and puts the replies into the words of the model.</summary>
internal static class ApiCaller
{
    /// <summary>Answers of a request that the server says it has not carried out: as if it had never been sent.</summary>
    public const string Refused = "refused";

    /// <summary>Sends a call. Null when its outcome is not known.</summary>
    public static async Task<string?> SendAsync(ApiClient api, Call call)
    {
        try
        {
            return Answer(call, await RequestAsync(api, call));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return null;
        }
    }

    private static string? Answer(Call call, ApiReply reply)
    {
        if (reply.Status == 503)
        {
            CleanFailure.Judge(reply).Should().BeNull();
            return CleanFailure.PromisesNoChange(reply) ? Refused : null;
        }

        if (reply.Status != 200)
        {
            // A defect has the code of the documented cases, and asks to be reported.
            var isDefect = reply.Text.Contains("please report", StringComparison.Ordinal);
            return $"{reply.Status} {(isDefect ? reply.Text : reply.Code)}";
        }

        return call.Endpoint switch
        {
            Endpoint.GetInstance => $"{ApiModel.Ok} {InstanceOf(reply.Result)}",
            Endpoint.GetCluster or Endpoint.GetClusterOfNode => $"{ApiModel.Ok} {ClusterOf(reply.Result)}",
            _ => ApiModel.Ok,
        };
    }

    private static Task<ApiReply> RequestAsync(ApiClient api, Call call) => call.Endpoint switch
    {
        Endpoint.CreateInstance => api.PutAsync("create_instance", Named(Sample.VaultInstance(call.Instance), call.Name)),
        Endpoint.DropInstance => api.PutAsync("drop_instance", new JsonObject { ["instance_id"] = call.Instance }),
        Endpoint.RenameInstance =>
            api.PutAsync("rename_instance", new JsonObject { ["instance_id"] = call.Instance, ["name"] = call.Name }),
        Endpoint.AddCluster => api.PutAsync("add_cluster", Of(call, ("cluster_name", call.Name), ("type", "COMPUTE"))),
        Endpoint.DropCluster => api.PutAsync("drop_cluster", Of(call, ("cluster_name", call.Name))),
        Endpoint.RenameCluster => api.PutAsync("rename_cluster", Of(call, ("cluster_name", call.Name))),
        Endpoint.SetClusterStatus => api.PutAsync("set_cluster_status", Of(call, ("cluster_status", call.Name))),
        Endpoint.AddNode => api.PutAsync("add_node", Of(call, ("type", "COMPUTE"))),
        Endpoint.DropNode => api.PutAsync("drop_node", Of(call, ("type", "COMPUTE"))),
        Endpoint.GetInstance => api.GetAsync("get_instance", ("instance_id", call.Instance)),
        Endpoint.GetCluster => GetClusterAsync(api, $"1:{call.Instance}:x", call.Cluster),
        Endpoint.GetClusterOfNode => GetClusterAsync(api, call.Node, call.Cluster),
        _ => throw new NotSupportedException(call.Endpoint.ToString()),
    };

    private static JsonObject Named(JsonObject request, string name)
    {
        request["name"] = name;
        return request;
    }

    private static JsonObject Of(Call call, params (string Field, string Value)[] fields)
    {
        var cluster = new JsonObject { ["cluster_id"] = call.Cluster };
        foreach (var (field, value) in fields)
        {
            cluster[field] = value;
        }

        if (call.Node.Length > 0)
        {
            cluster["nodes"] = new JsonArray(Sample.Json(Sample.Node(call.Node)));
        }

        return new JsonObject { ["instance_id"] = call.Instance, ["cluster"] = cluster };
    }

    private static Task<ApiReply> GetClusterAsync(ApiClient api, string cloudUniqueId, string clusterId) =>
        api.PutAsync("get_cluster", new JsonObject { ["cloud_unique_id"] = cloudUniqueId, ["cluster_id"] = clusterId });

    private static Instance InstanceOf(JsonObject shown) => new(
        (string)shown["name"]!,
        (string)shown["status"]! == "DELETED",
        [.. (shown["clusters"]?.AsArray() ?? []).Select(c => ClusterOf(c!.AsObject()))]);

    private static Cluster ClusterOf(JsonObject shown) => new(
        (string)shown["cluster_id"]!,
        (string)shown["cluster_name"]!,
        (string)shown["cluster_status"]!,
        [.. (shown["nodes"]?.AsArray() ?? []).Select(n => (string)n!["cloud_unique_id"]!)]);
}
