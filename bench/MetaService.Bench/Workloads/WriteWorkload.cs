using MetaService.Bench.Load;
using MetaService.Bench.Targets;

namespace MetaService.Bench.Workloads;

/// <summary>
/// A durable change. etcd is measured twice: with one value put that is as long as the records of the change, which is the least
/// that it can do, and with a transaction that writes what the change writes on the condition that it has.
/// </summary>
/// <param name="findChange">Finds what the change writes.</param>
internal abstract class WriteWorkload(string name, BenchContext context, Func<Task<StoredChange>> findChange) : Workload(name, context)
{
    private StoredChange? _change;

    public override async Task<ITarget?> StartPeerAsync(MetaServer server, CancellationToken cancellationToken)
    {
        _change = await findChange();
        return await Etcd.StartAsync(await Context.EtcdProgram(), Context.NewDirectory("etcd"), cancellationToken);
    }

    public override IReadOnlyList<PeerLoad> PeerLoads(ITarget peer)
    {
        var (put, transaction) = (Etcd.Put(_change!.Records), Etcd.Transaction(_change.Values));
        return
        [
            new("etcd put", peer.Process, (shape, token) => Context.Wrk.RunAsync(peer.Address, put, shape, token)),
            new("etcd txn", peer.Process, (shape, token) => Context.Wrk.RunAsync(peer.Address, transaction, shape, token)),
        ];
    }

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
