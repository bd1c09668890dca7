using System.Diagnostics;

namespace MetaService.ReliabilityTests.Fuzzing;

/// <summary>Everything that reads what comes from outside, fed with what nobody would send.</summary>
public sealed class FuzzTests
{
    private const int Inputs = 150_000;

    private static readonly Dictionary<string, Func<FuzzTarget>> Targets = new()
    {
        ["keys"] = () => new KeyTarget(),
        ["key-hex"] = () => new KeyHexTarget(),
        ["encode-key"] = () => new EncodeKeyTarget(),
        ["codec"] = () => new CodecTarget(),
        ["json"] = () => new JsonTarget(),
        ["proto-text"] = () => new ProtoTextTarget(),
    };

    public static TheoryData<string> Names() => [.. Targets.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void No_input_is_handled_wrongly(string name)
    {
        var fuzzer = new Fuzzer(Targets[name](), Effort.FirstSeed);
        var started = Stopwatch.GetTimestamp();
        FluentActions.Invoking(() => fuzzer.Run(Effort.Times(Inputs))).Should().NotThrow();
        fuzzer.Corpus.Should().HaveCountGreaterThan(5, "the inputs come to different things");
        Figures.Add("fuzz inputs", Effort.Times(Inputs));
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Figures.Add($"fuzz inputs per second: {name}", (long)(Effort.Times(Inputs) / seconds));
    }
}
