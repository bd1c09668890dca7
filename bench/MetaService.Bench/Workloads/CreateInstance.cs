using MetaService.Bench.Load;
using MetaService.Bench.Targets;
using MetaService.Json;
using MetaService.Records.Cloud;
using Provider = MetaService.Records.Cloud.ObjectStoreInfoPB.Types.Provider;

namespace MetaService.Bench.Workloads;

/// <summary>New instances with a vault each, and their count afterwards.</summary>
internal sealed class CreateInstance(BenchContext context)
    : WriteWorkload("create_instance", context, () => StoredChange.OfInstanceAsync(RequestJson("b0000000-0000-00000000")))
{
    private const int Page = 1000;

    private readonly HttpCall _call = new("PUT", MetaServer.Path("create_instance"), RequestJson("{run}-{t}-{n}"));

    public override Task<PreparedLoad> NextAsync(MetaServer server, LoadShape shape, CancellationToken cancellationToken) =>
        Task.FromResult(new PreparedLoad(
            token => Context.Wrk.RunAsync(server.Address, new HttpLoad([_call]), shape, token),
            async (result, token) =>
                Compare(result, await CountAsync(server, shape.Tag, token), shape.Connections, "instances")));

    /// <summary>The request for an instance with one vault, as in the API document.</summary>
    public static string RequestJson(string id) => ProtoJsonWriter.ToText(
        new CreateInstanceRequest
        {
            InstanceId = id,
            Name = "bench",
            UserId = "bench-user",
            Vault = new StorageVaultPB
            {
                ObjInfo = new ObjectStoreInfoPB
                {
                    Ak = "bench-ak",
                    Sk = "bench-sk",
                    Bucket = "justtmp-bj-1308700295",
                    Prefix = "bench",
                    Endpoint = "cos.ap-beijing.myqcloud.com",
                    ExternalEndpoint = "cos.ap-beijing.myqcloud.com",
                    Region = "ap-beijing",
                    Provider = Provider.Cos,
                },
            },
        },
        ProtoJsonStyle.Http);

    private static async Task<long> CountAsync(MetaServer server, string tag, CancellationToken cancellationToken)
    {
        long count = 0;
        for (string? after = ""; after is not null;)
        {
            var page = await server.GetAsync("list_instances", $"prefix={tag}-&limit={Page}&page_token={after}", cancellationToken);
            count += page["instances"]?.AsArray().Count ?? 0;
            after = (string?)page["next_page_token"];
            after = after?.Length > 0 ? after : null;
        }

        return count;
    }
}
