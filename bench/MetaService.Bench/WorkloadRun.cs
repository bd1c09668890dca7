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
            await WarmUpAsync(workload, server, peer, cancellationToken);
            var rows = connections.Select(c => new Row(workload.Name, c, workload.ReferenceCpu, peer?.Name)).ToList();
            for (var run = 0; run < runs; run++)
            {
                foreach (var row in rows)
                {
                    await MeasureAsync(workload, server, peer, row, cancellationToken);
                }
            }

            return rows;
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
        Workload workload, MetaServer server, ITarget? peer, Row row, CancellationToken cancellationToken)
    {
        var shape = Shape(row.Connections, duration);
        // Before the peer is measured, so that nothing comes between the two.
        var load = await workload.NextAsync(server, shape, cancellationToken);
        if (peer is not null)
        {
            row.Peer.Add((await Measurement.TakeAsync(
                peer.Process, token => workload.LoadPeerAsync(peer, shape, token), cancellationToken)).Measured);
        }

        var (measured, result) = await Measurement.TakeAsync(server.Process, load.RunAsync, cancellationToken);
        row.Ours.Add(measured);
        if (load.DefectAsync is not null && await load.DefectAsync(result, cancellationToken) is { } defect)
        {
            row.Defects.Add(defect);
        }

        var compared = peer is null ? "" : $", {row.Peer[^1].PerSecond:0} by {peer.Name}";
        await Console.Error.WriteLineAsync(
            $"{workload.Name}, {row.Connections} connections: {measured.PerSecond:0} req/s, p99 {measured.P99:0.00} ms{compared}");
    }

    private async Task WarmUpAsync(Workload workload, MetaServer server, ITarget? peer, CancellationToken cancellationToken)
    {
        if (warmUp == TimeSpan.Zero)
        {
            return;
        }

        var shape = Shape(WarmUpConnections, warmUp);
        var load = await workload.NextAsync(server, shape, cancellationToken);
        if (peer is not null)
        {
            await workload.LoadPeerAsync(peer, shape, cancellationToken);
        }

        await load.RunAsync(cancellationToken);
    }

    private LoadShape Shape(int connectionCount, TimeSpan length) => new(connectionCount, length, $"b{_loads++:D7}");
}
