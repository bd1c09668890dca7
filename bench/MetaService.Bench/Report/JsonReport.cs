using System.Text.Json;
using MetaService.Bench.Processes;

namespace MetaService.Bench.Report;

/// <summary>Results for programs.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Style = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    /// <summary>Writes rows with median, lowest and highest of each figure, and every run.</summary>
    public static void Write(string file, object settings, IEnumerable<Row> rows) => Write(
        file,
        new
        {
            Machine = Machine.Describe(),
            Settings = settings,
            Rows = rows.Select(row => new
            {
                row.Workload,
                row.Connections,
                row.ReferenceCpu,
                Ours = Summary(row.Ours),
                row.PeerName,
                Peer = Summary(row.Peer),
                Ratio = row.Peer.Count == 0
                    ? null
                    : new { Median = Statistics.Median(row.Ratios), Min = row.Ratios.Min(), Max = row.Ratios.Max() },
                row.IsSound,
                row.Defects,
            }),
        });

    public static void Write(string file, object report) => File.WriteAllText(file, JsonSerializer.Serialize(report, Style) + "\n");

    private static object? Summary(List<Measurement> runs) => runs.Count == 0
        ? null
        : new
        {
            Median = Measurement.Of(runs, Statistics.Median),
            Min = Measurement.Of(runs, values => values.Min()),
            Max = Measurement.Of(runs, values => values.Max()),
            Runs = runs,
        };
}
