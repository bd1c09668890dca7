using System.Globalization;
using static MetaService.Bench.Report.TextTable;

namespace MetaService.Bench.Report;

/// <summary>The rows of a run as a table: medians.</summary>
internal static class ResultTable
{
    public static string Print(IEnumerable<Row> rows)
    {
        var table = new TextTable(
            "workload", "conn", "req/s", "p50 ms", "p99 ms", "CPU ms/req", "C++ CPU", "RSS MiB", "peak",
            "peer", "peer req/s", "peer p50", "peer p99", "ours/peer", "errors", "others %");
        foreach (var row in rows)
        {
            var (ours, peer) = (row.Median, row.PeerMedian);
            table.Add(
                row.Workload + (row.IsSound ? "" : " (!)"),
                row.Connections.ToString(CultureInfo.InvariantCulture),
                Number(ours.PerSecond),
                Number(ours.P50),
                Number(ours.P99),
                Number(ours.CpuPerRequest),
                Number(row.ReferenceCpu),
                Number(ours.Rss),
                Number(ours.PeakRss),
                row.PeerName ?? "",
                Number(peer?.PerSecond),
                Number(peer?.P50),
                Number(peer?.P99),
                peer is null ? "" : Statistics.Median(row.Ratios).ToString("0.00", CultureInfo.InvariantCulture),
                Number(row.Errors),
                Number(Math.Round(ours.Others)));
        }

        return table.ToString();
    }
}
