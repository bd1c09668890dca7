using System.Text.Json;
using MetaService.Keys;
using MetaService.Storage;

namespace MetaService.UnitTests.Keys;

public class KeySpaceTests
{
    private const string StatsOfTablet =
        "01107374617473000110676176696e2d696e7374616e63650001107461626c6574000112000000000000276612000000000000271a"
        + "1200000000000027101200000000000f63d9";

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

    [Theory]
    [InlineData("MetaRowsetKey",
        "01106d657461000110676176696e2d696e7374616e6365000110726f77736574000112000000000000276612000000000000271a")]
    [InlineData("JobRecycleKey", "01106a6f62000110676176696e2d696e7374616e6365000110636865636b0001")]
    [InlineData("StatsTabletDataSizeKey", StatsOfTablet + "10646174615f73697a650001")]
    [InlineData("StatsTabletNumSegmentsKey", StatsOfTablet + "106e756d5f736567730001")]
    [InlineData("VersionedPartitionVersionKey",
        "031076657273696f6e000110676176696e2d696e7374616e6365000110706172746974696f6e0001120000000000002766")]
    [InlineData("VersionedPartitionVersionKey",
        "031076657273696f6e000110676176696e2d696e7374616e6365000110706172746974696f6e000112000000000000276613"
        + "00000182a5ed173f0012ff")]
    [InlineData("VersionedTabletInvertedIndexKey",
        "0310696e646578000110676176696e2d696e7374616e63650001107461626c65745f696e7665727465640001"
        + "120000000000002710120000000000004e20120000000000007530120000000000002766120000000000002767")]
    [InlineData("VersionedSnapshotReferenceKey",
        "0310736e617073686f74000110690001107265666572656e636500011300000000000000010002ff1061620001", false)]
    [InlineData("VersionedSnapshotReferenceKey",
        "0310736e617073686f74000110690001107265666572656e6365000113000000000000000100021061620001")]
    public void Knows_the_type_of_a_key(string keyType, string hex, bool known = true)
    {
        var key = Convert.FromHexString(hex);

        KeySpace.TryParse(key, out var parsed, out var error).Should().Be(known, error);
        parsed?.Definition.Name.Should().Be(keyType);
        parsed?.Encode().Should().Equal(key);
    }

    [Theory]
    [InlineData("MetaSchemaKey", 72057594037927936L)]
    [InlineData("MetaSchemaPBDictionaryKey", 1L)]
    [InlineData("MetaDeleteBitmap", 0L)]
    public void Knows_the_chunks_of_split_values(string keyType, long chunk)
    {
        var whole = SampleKey(KeySpace.Find(keyType)!);
        var key = new ParsedKey(whole.Definition, whole.Values, chunk).Encode();

        var parsed = KeySpace.Parse(key);
        parsed.Definition.Name.Should().Be(keyType);
        parsed.Chunk.Should().Be(chunk);
        parsed.Values.Should().Equal(whole.Values);
    }

    [Fact]
    public void A_number_behind_a_value_that_is_not_split_makes_an_unknown_key()
    {
        var key = new ParsedKey(KeySpace.MetaTabletIndex, ["i", 1], chunk: 0).Encode();

        KeySpace.TryParse(key, out _, out var error).Should().BeFalse();
        error.Should().Be("the key is well-formed but of no known type");
    }

    [Fact]
    public void Names_are_unique_and_every_type_parses_its_own_keys()
    {
        KeySpace.All.Select(d => d.Name).Should().OnlyHaveUniqueItems().And.HaveCountGreaterThanOrEqualTo(70);
        foreach (var definition in KeySpace.All)
        {
            KeySpace.Parse(SampleKey(definition).Encode()).Definition.Should().BeSameAs(definition);
        }
    }

    [Fact]
    public void Fields_of_a_parsed_key_are_found_by_name()
    {
        var key = KeySpace.Parse(KeySpace.TxnLabel.Encode("prod", 7, "load"));

        key.Text("instance_id").Should().Be("prod");
        key.Number("db_id").Should().Be(7);
        key.Text("label").Should().Be("load");
        key.Invoking(k => k["txn_id"]).Should().Throw<ArgumentException>().WithMessage("TxnLabelKey has no txn_id*");
    }

    [Fact]
    public void Values_of_the_wrong_kind_or_number_are_refused()
    {
        FluentActions.Invoking(() => KeySpace.TxnIndex.Encode("i", "7"))
            .Should().Throw<ArgumentException>().WithMessage("*txn_id*");
        FluentActions.Invoking(() => KeySpace.TxnIndex.Encode("i", 7, 8))
            .Should().Throw<ArgumentException>().WithMessage("*only 2*");
        FluentActions.Invoking(() => KeySpace.TxnIndex.Encode("i", long.MinValue)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => KeySpace.Instance.Encode("\ud800")).Should().Throw<ArgumentException>();
    }

    [Theory]
    [InlineData("", "the key is empty")]
    [InlineData("01", "the key is cut short: it has no field behind its key space byte")]
    [InlineData("0137", "byte 1 is 0x37, which starts no field")]
    [InlineData("0110696e73", "the string at byte 1 is cut short: it has no end")]
    [InlineData("01106900", "the string at byte 1 is cut short: it has no end")]
    [InlineData("0110690005", "the string at byte 1 has an undefined escape 0x00 0x05 at byte 3")]
    [InlineData("0110690001120000", "the integer at byte 5 is cut short: 3 of 9 bytes")]
    [InlineData("0110690001128000000000000000", "the integer at byte 5 is out of range")]
    [InlineData("0110690001118000000000000000", "the integer at byte 5 is out of range")]
    [InlineData("0110690001110000000000000000", "the integer at byte 5 is out of range")]
    [InlineData("01106900011300", "the versionstamp at byte 5 is cut short: 2 of 11 bytes")]
    [InlineData("0110696e7374616e636500011069000100", "byte 16 is 0x00, which starts no field")]
    [InlineData("0110690001ff", "byte 5 is 0xff, which starts no field")]
    [InlineData("01100001", "the key is well-formed but of no known type")]
    public void Says_what_is_wrong_with_a_key_and_where(string hex, string expected)
    {
        var key = Convert.FromHexString(hex);

        KeySpace.TryParse(key, out _, out var error).Should().BeFalse();
        error.Should().Be(expected);
        FluentActions.Invoking(() => KeySpace.Parse(key)).Should().Throw<KeyFormatException>().WithMessage(expected);
    }

    /// <summary>A key with a different value in each field.</summary>
    private static ParsedKey SampleKey(KeyDefinition definition)
    {
        var number = 0;
        return new ParsedKey(definition, [.. definition.Fields.Where(f => f.Kind != KeyFieldKind.Literal).Select(Value)]);

        KeyPart Value(KeyField field) => field.Kind switch
        {
            KeyFieldKind.Number => ++number,
            KeyFieldKind.Text => $"s{++number}",
            _ => new Versionstamp(++number, 3),
        };
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
