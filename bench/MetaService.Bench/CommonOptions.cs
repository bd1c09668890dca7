using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace MetaService.Bench;

/// <summary>Options that several commands have.</summary>
internal static class CommonOptions
{
    public static readonly Option<int> Seconds = new("--seconds")
    {
        Description = "Length of each load.",
        DefaultValueFactory = _ => 10,
    };

    public static readonly Option<int> WarmUp = new("--warm-up")
    {
        Description = "Seconds of load before the first one that counts, for each server that is started.",
        DefaultValueFactory = _ => 5,
    };

    public static readonly Option<int> Runs = new("--runs")
    {
        Description = "Runs, one after the other; the table has the median of each figure.",
        DefaultValueFactory = _ => 1,
    };

    public static readonly Option<string?> Json = new("--json") { Description = "File to write all figures of all runs to." };

    public static readonly Option<string?> Server = new("--server")
    {
        Description = "Directory with a published server, in the place of one published now.",
    };

    public static readonly Option<string[]> Set = new("--set")
    {
        Description = "Setting for the server, NAME=VALUE, the name without METASERVICE__; otherwise all are the default ones.",
        DefaultValueFactory = _ => [],
    };

    public static readonly Option<string?> Directory = new("--directory")
    {
        Description = "Directory for data, removed in the end; decides the file system. Default: that of temporary files.",
    };

    /// <summary>The options themselves, to be added to a command.</summary>
    public static IEnumerable<Option> All => [Seconds, WarmUp, Json, Server, Set, Directory];

    /// <summary>An option whose value is a list separated by commas.</summary>
    public static Option<int[]> Numbers(string name, string description, params int[] byDefault) => new(name)
    {
        Description = $"{description} Default: {string.Join(',', byDefault)}.",
        CustomParser = result => ParseNumbers(result),
        DefaultValueFactory = _ => byDefault,
    };

    private static int[] ParseNumbers(ArgumentResult result)
    {
        var numbers = new List<int>();
        foreach (var text in result.Tokens.SelectMany(token => token.Value.Split(',')))
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
            {
                result.AddError($"'{text}' is not a whole number from 1");
                return [];
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }
}
