using System.Text;
using MetaService.Keys;

namespace MetaService.ReliabilityTests.Fuzzing;

/// <summary>Text as the hex of a key, as decode_key takes it.</summary>
internal sealed class KeyHexTarget : FuzzTarget
{
    public override string Name => "key-hex";

    public override IReadOnlyList<byte[]> Pieces { get; } =
    [
        .. new[] { @"\x", "0x", "01", "10", "0001", "00ff", " ", "\n", "\u00e9", "\ud83d\ude00", "g" }
            .Select(Encoding.UTF8.GetBytes),
    ];

    public override IEnumerable<byte[]> Seeds(Random random) =>
        new KeyTarget().Seeds(random)
            .SelectMany(key => new[] { Convert.ToHexStringLower(key), "0x" + Convert.ToHexString(key), KeyHex.Escaped(key) })
            .Select(Encoding.UTF8.GetBytes);

    public override int Run(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        byte[] key;
        try
        {
            key = KeyHex.Parse(text);
        }
        catch (KeyFormatException e)
        {
            Require(e.Message.Length > 0 && !e.Message.Any(char.IsControl), "the reason is not one line");
            return Outcome(e.Message);
        }

        var digits = text.Replace(@"\x", "", StringComparison.OrdinalIgnoreCase).Trim();
        digits = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? digits[2..] : digits;
        var isSame = string.Equals(Convert.ToHexString(key), digits, StringComparison.OrdinalIgnoreCase);
        Require(isSame, "the bytes are not those of the digits");
        return KeySpace.TryParse(key, out var parsed, out var error) ? Outcome(parsed.Definition.Name) : Outcome(error);
    }
}
