using System.Text.Json;
using CsCheck;
using MetaService.Keys;

namespace MetaService.UnitTests.Keys;

public class KeyQueryTests
{
    public static TheoryData<int> TextVectors => [.. Enumerable.Range(0, KeyVector.All.Count).Where(
        i => KeyVector.All[i].Parameters.Values.All(v => v.ValueKind != JsonValueKind.Object && v.ToString().Length > 0))];

    [Theory]
    [MemberData(nameof(TextVectors))]
    public void Builds_each_golden_key_that_is_text(int index)
    {
        var vector = KeyVector.All[index];
        var parameters = vector.Parameters.ToDictionary(p => p.Key, p => p.Value.ToString());
        parameters["key_type"] = vector.KeyType;

        KeyQuery.FromFields(parameters).Key.Encode().Should().Equal(vector.Key);
    }

    [Theory]
    [InlineData("key_type=MetaDeleteBitmap instance_id=i tablet_id=1 rowset_id=r version=2 seg_id=3")]
    [InlineData("key_type=MetaDeleteBitmap instance_id=i tablet_id=1 rowest_id=r version=2 segment_id=3 token=t")]
    public void Accepts_either_name_of_a_field_and_ignores_others(string query) =>
        KeyQuery.FromFields(Parse(query)).Key.Values.Should().Equal("i", 1, "r", 2, 3);

    [Theory]
    [InlineData("", "key_type is not given or empty")]
    [InlineData("key_type=", "key_type is not given or empty")]
    [InlineData("key_type=Nonsense", "key_type not supported: Nonsense; known are AuditKey, CommitMarkerKey, *InstanceKey, *")]
    [InlineData("key_type=instancekey instance_id=i", "key_type not supported: instancekey; *")]
    [InlineData("key_type=InstanceKey", "instance_id is not given or empty")]
    [InlineData("key_type=InstanceKey instance_id=", "instance_id is not given or empty")]
    [InlineData("key_type=TxnIndexKey instance_id=i", "txn_id is not given or empty")]
    [InlineData("key_type=TxnIndexKey instance_id=i txn_id=abc", "txn_id is not an integer: abc")]
    [InlineData("key_type=TxnIndexKey instance_id=i txn_id=1.0", "txn_id is not an integer: 1.0")]
    [InlineData("key_type=TxnIndexKey instance_id=i txn_id=0x10", "txn_id is not an integer: 0x10")]
    [InlineData("key_type=TxnIndexKey instance_id=i txn_id=--1", "txn_id is not an integer: --1")]
    [InlineData("key_type=TxnIndexKey instance_id=i txn_id=9223372036854775808", "txn_id is out of range: *08 is *")]
    [InlineData("key_type=TxnIndexKey instance_id=i txn_id=-9223372036854775808", "txn_id is out of range: -*08 is *")]
    [InlineData("key_type=TableVersionKey instance_id=i db_id=1 table_id=x", "table_id is not an integer: x")]
    [InlineData("key_type=VersionedMetaIndexKey instance_id=i index_id=1 versionstamp=00", "versionstamp is not 20 hex *: 00")]
    [InlineData("key_type=VersionedMetaIndexKey instance_id=i index_id=1 versionstamp=0000000000000000000g", "versionstamp is *")]
    public void Says_which_parameter_is_wrong(string query, string message) =>
        FluentActions.Invoking(() => KeyQuery.FromFields(Parse(query)))
            .Should().Throw<KeyFormatException>().WithMessage(message);

    [Theory]
    [InlineData(0xd800)]
    [InlineData(0xdc00)]
    public void Half_a_character_is_not_text(int surrogate) =>
        FluentActions.Invoking(() => KeyQuery.FromFields(Parse("key_type=InstanceKey instance_id=a" + (char)surrogate)))
            .Should().Throw<KeyFormatException>().WithMessage("instance_id is not valid text");

    [Fact]
    public void A_long_value_is_cut_in_the_message() =>
        FluentActions.Invoking(() => KeyQuery.FromFields(Parse("key_type=" + new string('x', 5000))))
            .Should().Throw<KeyFormatException>().WithMessage("key_type not supported: " + new string('x', 64) + "...; known*");

    [Theory]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775807", -long.MaxValue)]
    [InlineData("-1", -1)]
    [InlineData("007", 7)]
    public void Reads_the_whole_range_of_integers(string text, long expected) =>
        KeyQuery.FromFields(Parse($"key_type=TxnIndexKey instance_id=i txn_id={text}")).Key.Number("txn_id")
            .Should().Be(expected);

    [Theory]
    [InlineData("")]
    [InlineData("key_type=InstanceKey")]
    public void A_key_given_as_hex_tells_its_type(string type)
    {
        var query = KeyQuery.FromKeyOrFields(Parse(@"key=\x01\x10696e7374616e6365\x00\x0110690001 " + type));

        query.Definition.Should().BeSameAs(KeySpace.Instance);
        query.Key.Text("instance_id").Should().Be("i");
    }

    [Theory]
    [InlineData("", "neither key nor key_type is given")]
    [InlineData("key= key_type=", "neither key nor key_type is given")]
    [InlineData("key=zz", "the key is not hex*")]
    [InlineData("key=01", "the key is cut short*")]
    [InlineData("key=0110690001", "the key is well-formed but of no known type")]
    [InlineData("key=0110696e7374616e63650001" + "10690001 key_type=TxnInfoKey", "the key is a InstanceKey, not a TxnInfoKey")]
    [InlineData("key=0110696e7374616e63650001" + "10690001 key_type=Nonsense", "key_type not supported: Nonsense;*")]
    public void Says_what_is_wrong_with_a_key_given_as_hex(string query, string message) =>
        FluentActions.Invoking(() => KeyQuery.FromKeyOrFields(Parse(query)))
            .Should().Throw<KeyFormatException>().WithMessage(message);

    [Fact]
    public void Random_parameters_never_do_worse_than_the_typed_error()
    {
        var names = Gen.Int[0, KeySpace.All.Count - 1].Select(i => KeySpace.All[i]);
        Gen.Select(names, Gen.String, Gen.Long, Gen.Bool).Sample(
            (definition, text, number, wellFormed) =>
            {
                var parameters = definition.Fields.SelectMany(f => f.ParameterNames).Distinct().ToDictionary(
                    n => n,
                    n => wellFormed && n.EndsWith("_id", StringComparison.Ordinal) ? $"{number}" : text);
                parameters["key_type"] = definition.Name;
                try
                {
                    var query = KeyQuery.FromFields(parameters);
                    KeySpace.Parse(query.Key.Encode()).Definition.Should().BeSameAs(definition);
                }
                catch (KeyFormatException e)
                {
                    e.Message.Should().NotBeEmpty();
                }
            },
            iter: 20_000, threads: 1);
    }

    internal static Dictionary<string, string> Parse(string query) =>
        query.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);
}
