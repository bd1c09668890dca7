using System.Text.Json;

namespace MetaService.UnitTests.Keys;

/// <summary>A golden vector: a key's type and parameters, its bytes and, where known, its diagrams.</summary>
public sealed record KeyVector(
    string KeyType, IReadOnlyDictionary<string, JsonElement> Parameters, string Hex, string? UnicodeDiagram, string? AsciiDiagram)
{
    public static IReadOnlyList<KeyVector> All { get; } =
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", "keys.jsonl")).Select(Parse)];

    public byte[] Key => Convert.FromHexString(Hex);

    private static KeyVector Parse(string line)
    {
        var vector = JsonDocument.Parse(line).RootElement;
        return new KeyVector(
            vector.GetProperty("key_type").GetString()!,
            vector.GetProperty("params").EnumerateObject().ToDictionary(p => p.Name, p => p.Value),
            vector.GetProperty("hex").GetString()!,
            vector.TryGetProperty("decoded_unicode", out var unicode) ? unicode.GetString() : null,
            vector.TryGetProperty("decoded_ascii", out var ascii) ? ascii.GetString() : null);
    }
}
