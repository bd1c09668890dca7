using MetaService.Bench.Load;
using MetaService.Bench.Targets;

namespace MetaService.Bench.Workloads;

/// <summary>
/// New nodes, over many instances or all on one, and their count afterwards. A record holds 100,000 bytes at most, so that "one"
/// is the next one after <see cref="NodesOfOne"/> nodes: at any time all connections work on the same instance.
/// </summary>
internal sealed class AddNode(BenchContext context, bool onOne)
    : WriteWorkload(
        onOne ? "add_node_one_instance" : "add_node",
        context,
        () => StoredChange.OfNodeAsync("b00000000000", nodes: onOne ? NodesOfOne / 2 : 5))
{
    private const int Spread = 2000;
    private const int NodesOfOne = 100;

    private readonly HttpCall _call = new(
        "PUT", MetaServer.Path("add_node"), InstancePool.ClusterJson(onOne ? "{run}{block}" : "{run}{cycle}", "{t}{n}"));

    private double _fastest = 5000; // Nodes per second, to begin with.

    public override async Task<PreparedLoad> NextAsync(MetaServer server, LoadShape shape, CancellationToken cancellationToken)
    {
        var needed = onOne ? (int)(_fastest * 3 * shape.Duration.TotalSeconds / NodesOfOne) + 1 : Spread;
        var pool = await InstancePool.CreateAsync(server, shape.Tag, needed, cancellationToken);
        return new PreparedLoad(
            async token =>
            {
                var result = await Context.Wrk.RunAsync(server.Address, new HttpLoad([_call], pool.Count, NodesOfOne), shape, token);
                _fastest = Math.Max(_fastest, result.PerSecond);
                return result;
            },
            async (result, token) => Compare(result, await pool.CountAddedAsync(token), shape.Connections, "nodes"));
    }
}
