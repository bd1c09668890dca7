using MetaService.Bench.Load;
using MetaService.Bench.Targets;

namespace MetaService.Bench.Workloads;

/// <summary>Nine get_instance and one add_node, on instances chosen at random.</summary>
internal sealed class Mixed(BenchContext context) : Workload("mixed_90_10", context)
{
    private const int Instances = 2000;

    private static readonly HttpCall[] Calls =
    [
        new("GET", MetaServer.Path("get_instance", "instance_id={run}{random}"), Weight: 9),
        new("PUT", MetaServer.Path("add_node"), InstancePool.ClusterJson("{run}{random}", "{t}{n}")),
    ];

    public override async Task<PreparedLoad> NextAsync(MetaServer server, LoadShape shape, CancellationToken cancellationToken)
    {
        await InstancePool.CreateAsync(server, shape.Tag, Instances, cancellationToken);
        return new PreparedLoad(token => Context.Wrk.RunAsync(server.Address, new HttpLoad(Calls, Instances), shape, token));
    }
}
