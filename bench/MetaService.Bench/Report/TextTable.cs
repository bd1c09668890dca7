using System.Globalization;
using System.Text;

namespace MetaService.Bench.Report;

/// <summary>A table in Markdown whose columns are aligned, to be read as it is.</summary>
/// <param name="headings">The first column is aligned left, the others right.</param>
internal sealed class TextTable(params string[] headings)
{
    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        var widths = headings.Select((h, i) => _rows.Select(r => r[i].Length).Append(h.Length).Max()).ToArray();
        var text = new StringBuilder();
        Append(headings);
        Append([.. widths.Select((w, i) => i == 0 ? new string('-', w) : new string('-', w - 1) + ":")]);
        _rows.ForEach(Append);
        return text.ToString();

        void Append(string[] cells)
        {
            foreach (var (cell, i) in cells.Select((c, i) => (c, i)))
            {
                text.Append("| ").Append(i == 0 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i])).Append(' ');
            }

            text.Append("|\n");
        }
    }

    /// <summary>A figure with about three digits; nothing where there is none.</summary>
    public static string Number(double? value) => value switch
    {
        null => "",
        >= 100 or 0 => value.Value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 => value.Value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 0.1 => value.Value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0.0000", CultureInfo.InvariantCulture),
    };
}
