using System.Text.Json;
using MetaService.Keys;

namespace MetaService.UnitTests.Keys;

public class KeySpaceTests
{
    public static TheoryData<int> Vectors => [.. Enumerable.Range(0, KeyVector.All.Count)];

    [Fact]
    public void There_are_golden_vectors() => KeyVector.All.Should().HaveCount(56);

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Encodes_each_golden_vector(int index)
    {
        var vector = KeyVector.All[index];
        var definition = KeySpace.Find(vector.KeyType)!;
        var values = ValuesOf(definition, vector);

        Convert.ToHexStringLower(definition.Encode([.. values])).Should().Be(vector.Hex);
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Takes_each_golden_vector_apart(int index)
    {
        var vector = KeyVector.All[index];
        var parsed = KeySpace.Parse(vector.Key);

        parsed.Definition.Name.Should().Be(vector.KeyType);
        parsed.Values.Should().Equal(ValuesOf(parsed.Definition, vector));
        parsed.Encode().Should().Equal(vector.Key);
    }

    private static List<KeyPart> ValuesOf(KeyDefinition definition, KeyVector vector) =>
    [
        .. definition.Fields
            .Where(f => f.Kind != KeyFieldKind.Literal)
            .Select(f => ValueOf(vector.Parameters[f.ParameterNames.Single(vector.Parameters.ContainsKey)])),
    ];

    private static KeyPart ValueOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetInt64(),
        JsonValueKind.Object => Convert.FromHexString(value.GetProperty("hex").GetString()!),
        _ => value.GetString()!,
    };
}
