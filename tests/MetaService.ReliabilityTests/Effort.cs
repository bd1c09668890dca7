using System.Globalization;

namespace MetaService.ReliabilityTests;

/// <summary>How much a run does and where its seeds begin. Both can be set from outside; see docs/testing.md.</summary>
internal static class Effort
{
    private const string FactorVariable = "METASERVICE_TEST_EFFORT";
    private const string SeedVariable = "METASERVICE_TEST_SEED";

    /// <summary>By how much the usual numbers of seeds, operations, kills and inputs are multiplied.</summary>
    public static int Factor { get; } = Read(FactorVariable, least: 1);

    /// <summary>The first seed of each test; the others follow it.</summary>
    public static int FirstSeed { get; } = Read(SeedVariable, least: 0);

    /// <summary>A number under the effort of this run.</summary>
    public static int Times(int usual) => checked(usual * Factor);

    /// <summary>The seeds of a test.</summary>
    public static IEnumerable<int> Seeds(int usual) => Enumerable.Range(FirstSeed, Times(usual));

    /// <summary>How to run something again that failed with a seed: it becomes the first one.</summary>
    public static string Repeat(int seed) =>
        string.Create(CultureInfo.InvariantCulture, $"seed {seed}, repeat with {SeedVariable}={seed}");

    /// <summary>Runs a test so that whatever fails in it comes with the seed.</summary>
    public static async Task WithSeedAsync(int seed, Func<Task> test)
    {
        try
        {
            await test();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message}\n({Repeat(seed)})", e);
        }
    }

    private static int Read(string variable, int least)
    {
        var text = Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrEmpty(text))
        {
            return 1;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw new InvalidOperationException($"{variable} must be an integer from {least} up, not '{text}'");
    }
}
