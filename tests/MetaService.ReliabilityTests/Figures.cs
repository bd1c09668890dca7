using System.Globalization;

namespace MetaService.ReliabilityTests;

/// <summary>
/// What a run has done, for its summary: a line <c>name TAB count</c> for each piece of work, in the file that
/// <c>METASERVICE_TEST_FIGURES</c> names. Counts of one name are to be added up.
/// </summary>
internal static class Figures
{
    private static readonly Lock Writing = new();
    private static readonly string? Path = Environment.GetEnvironmentVariable("METASERVICE_TEST_FIGURES");

    public static void Add(string name, long count)
    {
        if (string.IsNullOrEmpty(Path))
        {
            return;
        }

        lock (Writing)
        {
            File.AppendAllText(Path, string.Create(CultureInfo.InvariantCulture, $"{name}\t{count}\n"));
        }
    }
}
