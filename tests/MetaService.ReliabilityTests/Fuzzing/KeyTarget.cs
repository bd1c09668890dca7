using MetaService.Keys;
using MetaService.Storage;

namespace MetaService.ReliabilityTests.Fuzzing;

/// <summary>
/// Bytes as a key: whatever is taken for a key is the one encoding of its fields, and what is not gets an error that says why.
/// </summary>
/// <param name="parse">Takes a key apart, or says why not.</param>
internal sealed class KeyTarget(KeyTarget.Parse parse) : FuzzTarget
{
    /// <summary>Drawing what is no key throws, which takes long: one of so many is enough.</summary>
    private const int DrawnOneOf = 64;

    private int _inputs;

    public delegate bool Parse(ReadOnlySpan<byte> key, out ParsedKey? parsed, out string? error);

    public KeyTarget()
        : this(KeySpace.TryParse)
    {
    }

    public override string Name => "keys";

    public override IReadOnlyList<byte[]> Pieces { get; } =
    [
        [OrderedCodec.BytesTag], [0x00, 0x01], [0x00, 0xFF], [OrderedCodec.PositiveTag, 0, 0, 0, 0, 0, 0, 0, 1],
        [OrderedCodec.NegativeTag, 0, 0, 0, 0, 0, 0, 0, 1], [OrderedCodec.VersionstampTag, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        [OrderedCodec.EndTag],
    ];

    /// <summary>One key of each type.</summary>
    public override IEnumerable<byte[]> Seeds(Random random) => KeySpace.All.Select(definition => definition.Encode(
        [.. definition.Fields.Where(f => f.Kind != KeyFieldKind.Literal).Select(f => Value(f.Kind, random))]));

    public override int Run(byte[] input)
    {
        if (parse(input, out var parsed, out var error))
        {
            Require(parsed!.Encode().AsSpan().SequenceEqual(input), $"a {parsed.Definition.Name} is encoded otherwise");
            CheckDrawing(input);
            return Outcome(parsed.Definition.Name) + parsed.Values.Count + (parsed.Chunk is null ? 0 : 1000);
        }

        Require(!string.IsNullOrEmpty(error), "no reason is given");
        if (_inputs++ % DrawnOneOf == 0)
        {
            CheckRefusedDrawing(input, error!);
        }

        return Outcome(error!);
    }

    private static void CheckDrawing(byte[] input)
    {
        var hex = Convert.ToHexStringLower(input);
        var drawn = KeyPrinter.Print(input);
        Require(drawn.EndsWith(hex + "\n", StringComparison.Ordinal), "the drawing does not end with the key");
        Require(drawn == KeyPrinter.Print(hex), "the key in hex is drawn otherwise");
        Require(drawn == KeyPrinter.Print(KeyHex.Escaped(input)), "the escaped key is drawn otherwise");
        Require(!KeyPrinter.Print(input, unicode: false).Any(c => char.IsControl(c) && c != '\n'), "the drawing holds controls");
    }

    /// <summary>What is no key of ours may still be drawn, if it is well-formed.</summary>
    private static void CheckRefusedDrawing(byte[] input, string error)
    {
        try
        {
            var hex = Convert.ToHexStringLower(input);
            Require(KeyPrinter.Print(input).EndsWith(hex + "\n", StringComparison.Ordinal), "the key is not drawn");
        }
        catch (KeyFormatException e)
        {
            Require(e.Message == error, "two reasons are given");
        }
    }

    private static KeyPart Value(KeyFieldKind kind, Random random) => kind switch
    {
        KeyFieldKind.Number => random.NextInt64(-1000, long.MaxValue),
        KeyFieldKind.Text => new byte[] { 0x61, 0x00, 0xFF, (byte)random.Next(256) },
        _ => new Versionstamp(random.NextInt64(), (ushort)random.Next(1024)),
    };
}
