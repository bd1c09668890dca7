using MetaService.Bench.Load;
using MetaService.Bench.Targets;

namespace MetaService.Bench.Workloads;

/// <summary>One request that changes nothing, again and again; compared with a bare Kestrel that answers the same bytes.</summary>
internal sealed class ReadWorkload(string name, BenchContext context, HttpCall call) : Workload(name, context)
{
    public override async Task PrepareAsync(MetaServer server, CancellationToken cancellationToken)
    {
        const string Id = ExampleInstance.DocumentId;
        await server.PutAsync("create_instance", ExampleInstance.CreateRequest(Id), cancellationToken);
        foreach (var request in ExampleInstance.ClusterRequests(Id))
        {
            await server.PutAsync("add_cluster", request, cancellationToken);
        }

        var rpc = server.NewRpcClient();
        foreach (var request in ExampleInstance.StageRequests(Id))
        {
            var response = await rpc.create_stageAsync(request, cancellationToken: cancellationToken);
            RpcWorkload.Expect(response.Status);
        }
    }

    public override Task<PreparedLoad> NextAsync(MetaServer server, LoadShape shape, CancellationToken cancellationToken) =>
        Task.FromResult(new PreparedLoad(token => Context.Wrk.RunAsync(server.Address, new HttpLoad([call]), shape, token)));

    public override async Task<ITarget?> StartPeerAsync(MetaServer server, CancellationToken cancellationToken) =>
        await Ceiling.StartAsync(
            server.Address, call.Method, call.Path, call.Body, Context.NewDirectory("ceiling"), cancellationToken);

    public override IReadOnlyList<PeerLoad> PeerLoads(ITarget peer) =>
        [new("kestrel", peer.Process, (shape, token) => Context.Wrk.RunAsync(peer.Address, new HttpLoad([call]), shape, token))];
}
