namespace MetaService.Bench.Report;

/// <summary>A line of the table: one workload at one number of connections, in one or more runs.</summary>
/// <param name="ReferenceCpu">Processor time per request of the C++ service, in milliseconds.</param>
/// <param name="PeerName">What it was compared with, or null.</param>
internal sealed record Row(string Workload, int Connections, double? ReferenceCpu, string? PeerName)
{
    /// <summary>Of the server, one for each run.</summary>
    public List<Measurement> Ours { get; } = [];

    /// <summary>Of the peer, taken directly before the one of the server.</summary>
    public List<Measurement> Peer { get; } = [];

    /// <summary>What was found wrong afterwards.</summary>
    public List<string> Defects { get; } = [];

    /// <summary>Throughput of the server as a part of that of the peer, run by run.</summary>
    public IEnumerable<double> Ratios => Ours.Zip(Peer, (ours, peer) => ours.PerSecond / peer.PerSecond);

    public double Errors => Ours.Concat(Peer).Sum(m => m.Errors);

    public bool IsSound => Defects.Count == 0 && Errors == 0;

    public Measurement Median => Measurement.Of(Ours, Statistics.Median);

    public Measurement? PeerMedian => Peer.Count > 0 ? Measurement.Of(Peer, Statistics.Median) : null;
}
