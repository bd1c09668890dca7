namespace MetaService.ReliabilityTests.Fuzzing;

/// <summary>
/// Inputs that are fed in every run: those that once were handled wrongly, and others that came to something of their own. One in
/// hex per line; lines with <c>#</c> are notes.
/// </summary>
internal static class KeptInputs
{
    public static IEnumerable<byte[]> Of(string target) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", "fuzz", $"{target}.txt"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(Convert.FromHexString);
}
