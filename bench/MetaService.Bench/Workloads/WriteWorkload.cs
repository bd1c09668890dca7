using MetaService.Bench.Load;
using MetaService.Bench.Targets;

namespace MetaService.Bench.Workloads;

/// <summary>A durable change; compared with as long a value put into etcd.</summary>
internal abstract class WriteWorkload(string name, BenchContext context) : Workload(name, context)
{
    /// <summary>How long the values are that a change writes, in bytes.</summary>
    protected abstract int ValueBytes { get; }

    public override async Task<ITarget?> StartPeerAsync(MetaServer server, CancellationToken cancellationToken) =>
        await Etcd.StartAsync(await Context.EtcdProgram(), Context.NewDirectory("etcd"), cancellationToken);

    public override Task<LoadResult> LoadPeerAsync(ITarget peer, LoadShape shape, CancellationToken cancellationToken) =>
        Context.Wrk.RunAsync(peer.Address, Etcd.Puts(ValueBytes), shape, cancellationToken);

    /// <summary>Compares what was acknowledged with what is there.</summary>
    /// <param name="connections">Of so many changes the load may have ended without seeing the reply.</param>
    /// <param name="what">The changes, in the plural.</param>
    protected static string? Compare(LoadResult result, long found, int connections, string what)
    {
        var lost = result.Succeeded - found;
        return lost > 0 ? $"{lost} of {result.Succeeded} acknowledged {what} are lost"
            : -lost > connections ? $"{-lost} more {what} are there than were acknowledged or under way"
            : null;
    }
}
