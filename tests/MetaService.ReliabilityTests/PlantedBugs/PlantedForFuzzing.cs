using MetaService.Json;
using MetaService.Keys;
using MetaService.ReliabilityTests.Fuzzing;

namespace MetaService.ReliabilityTests.PlantedBugs;

/// <summary>Mistakes that fuzzing finds.</summary>
public sealed class PlantedForFuzzing
{
    private const int Inputs = 20_000;

    [Fact]
    public void Fuzzing_finds_a_decoder_that_accepts_trailing_bytes() => ShouldBeFound(new KeyTarget(
        (ReadOnlySpan<byte> key, out ParsedKey? parsed, out string? error) =>
            KeySpace.TryParse(key, out parsed, out error)
            || (key.Length > 0 && KeySpace.TryParse(key[..^1], out parsed, out error))));

    [Fact]
    public void Fuzzing_finds_a_reader_that_accepts_trailing_text() => ShouldBeFound(new JsonTarget((type, json) =>
    {
        try
        {
            return ProtoJsonReader.Read(type, json);
        }
        catch (JsonRequestException) when (json.Length > 1)
        {
            return ProtoJsonReader.Read(type, json.AsSpan(..^1));
        }
    }));

    [Fact]
    public void Fuzzing_finds_a_printer_that_does_not_escape_quotes() =>
        ShouldBeFound(new ProtoTextTarget(
            message => ProtoText.DebugString(message).Replace("\\\"", "\"", StringComparison.Ordinal)));

    private static void ShouldBeFound(FuzzTarget target)
    {
        string? problem = null;
        try
        {
            new Fuzzer(target, Effort.FirstSeed).Run(Inputs);
        }
        catch (FuzzException e)
        {
            problem = e.Message;
        }

        Planted.ShouldBeFound(problem);
    }
}
