using System.Text;
using MetaService.Keys;
using MetaService.Storage;

namespace MetaService.ReliabilityTests.Fuzzing;

/// <summary>
/// Text as the parameters of encode_key, <c>name=value</c> joined by <c>&amp;</c>: the key that is built decodes to what was
/// asked for.
/// </summary>
internal sealed class EncodeKeyTarget : FuzzTarget
{
    public override string Name => "encode-key";

    public override IReadOnlyList<byte[]> Pieces { get; } =
    [
        .. KeySpace.All.Select(d => $"key_type={d.Name}")
            .Concat(KeySpace.All.SelectMany(Fields).SelectMany(f => f.ParameterNames).Distinct())
            .Concat(["=", "&", "-1", "9223372036854775807", "9223372036854775808", "00000000000000000001", "\u0000"])
            .Select(Encoding.UTF8.GetBytes),
    ];

    public override IEnumerable<byte[]> Seeds(Random random) => KeySpace.All
        .Select(d => Fields(d).Select(f => $"{f.ParameterNames[0]}={Value(f.Kind, random)}").Prepend($"key_type={d.Name}"))
        .Select(pairs => Encoding.UTF8.GetBytes(string.Join('&', pairs)));

    public override int Run(byte[] input)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in Encoding.UTF8.GetString(input).Split('&'))
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            parameters[at < 0 ? pair : pair[..at]] = at < 0 ? "" : pair[(at + 1)..];
        }

        string text;
        try
        {
            text = KeyInspector.EncodeKey(parameters);
        }
        catch (KeyFormatException e)
        {
            Require(e.Message.Length > 0 && !e.Message.Any(char.IsControl), "the reason is not one line");
            return Outcome(e.Message.Length < 100 ? e.Message : e.Message[..20]);
        }

        var key = KeyHex.Parse(text.TrimEnd('\n').Split('\n')[^1]);
        Require(text == KeyPrinter.Print(key) + KeyHex.Escaped(key) + "\n", "the drawing is not that of the key");
        Require(KeySpace.TryParse(key, out var parsed, out var error), $"the key is not one: {error}");
        Require(parsed!.Definition.Name == parameters["key_type"], "the key is of another type");
        CheckFields(parsed, parameters);
        return Outcome(parsed.Definition.Name) + parsed.Values.Count;
    }

    private static void CheckFields(ParsedKey parsed, Dictionary<string, string> parameters)
    {
        foreach (var (value, field) in parsed.Values.Zip(Fields(parsed.Definition)))
        {
            var texts = field.ParameterNames.Select(name => parameters.GetValueOrDefault(name, ""));
            var given = texts.First(text => text.Length > 0);
            Require(
                field.Kind switch
                {
                    KeyFieldKind.Number => value.Number == long.Parse(given, System.Globalization.CultureInfo.InvariantCulture),
                    KeyFieldKind.Text => value.ToText() == given,
                    _ => Hex(value.Stamp).Equals(given, StringComparison.OrdinalIgnoreCase),
                },
                $"{field.Name} is not what was given");
        }
    }

    private static IEnumerable<KeyField> Fields(KeyDefinition definition) =>
        definition.Fields.Where(f => f.Kind != KeyFieldKind.Literal);

    private static string Hex(Versionstamp stamp)
    {
        var bytes = new byte[Versionstamp.Length];
        stamp.WriteTo(bytes);
        return Convert.ToHexString(bytes);
    }

    private static string Value(KeyFieldKind kind, Random random) => kind switch
    {
        KeyFieldKind.Number => random.NextInt64(-5, 100_000).ToString(System.Globalization.CultureInfo.InvariantCulture),
        KeyFieldKind.Text => $"text{random.Next(10)}",
        _ => "0000000000000001000a",
    };
}
