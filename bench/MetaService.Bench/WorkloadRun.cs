using MetaService.Bench.Load;
using MetaService.Bench.Processes;
using MetaService.Bench.Report;
using MetaService.Bench.Targets;
using MetaService.Bench.Workloads;

namespace MetaService.Bench;

/// <summary>Measures workloads, each on a server of its own and a fresh store, and its peer directly before it each time.</summary>
internal sealed class WorkloadRun(
    ServerProgram program, WorkDirectory work, int[] connections, int runs, TimeSpan duration, TimeSpan warmUp)
{
    private const int WarmUpConnections = 32;

    private int _loads;

    /// <summary>How it measures, for the report.</summary>
    public object Settings => new { Connections = connections, Runs = runs, duration.TotalSeconds, WarmUpSeconds = warmUp.TotalSeconds };

    public async Task<List<Row>> RunAsync(Workload workload, CancellationToken cancellationToken)
    {
        var data = work.New("data");
        await using var server = await program.StartAsync(data, work.Path, cancellationToken);
        await workload.PrepareAsync(server, cancellationToken);
        var peer = await workload.StartPeerAsync(server, cancellationToken);
        try
        {
            PeerLoad?[] peerLoads = peer is null ? [null] : [.. workload.PeerLoads(peer)];
            await WarmUpAsync(workload, server, peerLoads, cancellationToken);
            var rows = peerLoads.SelectMany(load => connections.Select(
                c => (Load: load, Row: new Row(workload.Name, c, workload.ReferenceCpu, load?.Name)))).ToList();
            for (var run = 0; run < runs; run++)
            {
                foreach (var (peerLoad, row) in rows)
                {
                    await MeasureAsync(workload, server, peerLoad, row, cancellationToken);
                }
            }

            return [.. rows.Select(row => row.Row)];
        }
        finally
        {
            if (peer is not null)
            {
                await peer.DisposeAsync();
            }
        }
    }

    private async Task MeasureAsync(
        Workload workload, MetaServer server, PeerLoad? peerLoad, Row row, CancellationToken cancellationToken)
    {
        var shape = Shape(row.Connections, duration);
        // Before the peer is measured, so that nothing comes between the two.
        var load = await workload.NextAsync(server, shape, cancellationToken);
        if (peerLoad is not null)
        {
            row.Peer.Add((await Measurement.TakeAsync(
                peerLoad.Process, token => peerLoad.RunAsync(shape, token), cancellationToken)).Measured);
        }

        var (measured, result) = await Measurement.TakeAsync(server.Process, load.RunAsync, cancellationToken);
        row.Ours.Add(measured);
        if (load.DefectAsync is not null && await load.DefectAsync(result, cancellationToken) is { } defect)
        {
            row.Defects.Add(defect);
        }

        var compared = peerLoad is null ? "" : $", {row.Peer[^1].PerSecond:0} by {peerLoad.Name}";
        await Console.Error.WriteLineAsync(
            $"{workload.Name}, {row.Connections} connections: {measured.PerSecond:0} req/s, p99 {measured.P99:0.00} ms{compared}");
    }

    private async Task WarmUpAsync(
        Workload workload, MetaServer server, IEnumerable<PeerLoad?> peerLoads, CancellationToken cancellationToken)
    {
        if (warmUp == TimeSpan.Zero)
        {
            return;
        }

        var shape = Shape(WarmUpConnections, warmUp);
        var load = await workload.NextAsync(server, shape, cancellationToken);
        foreach (var peerLoad in peerLoads)
        {
            await (peerLoad?.RunAsync(shape, cancellationToken) ?? Task.CompletedTask);
        }

        await load.RunAsync(cancellationToken);
    }

    private LoadShape Shape(int connectionCount, TimeSpan length) => new(connectionCount, length, $"b{_loads++:D7}");
}
