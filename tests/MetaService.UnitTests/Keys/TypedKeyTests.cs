using System.Reflection;
using MetaService.Keys;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.UnitTests.Keys;

public class TypedKeyTests
{
    /// <summary>The factories whose parameters are the fields of the key.</summary>
    public static TheoryData<string> Factories =>
    [
        .. typeof(Key).GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Where(m => m.GetParameters().All(p => p.ParameterType != typeof(TabletIndexPB)))
            .Select(m => m.Name),
    ];

    [Theory]
    [MemberData(nameof(Factories))]
    public void A_factory_agrees_with_the_declaration_of_its_name(string name)
    {
        var factory = typeof(Key).GetMethods().Single(
            m => m.Name == name && m.GetParameters().All(p => p.ParameterType != typeof(TabletIndexPB)));
        var definition = (KeyDefinition)typeof(KeySpace).GetField(name)!.GetValue(null)!;

        ValueTypeOf(factory.ReturnType).Should().Be((definition.Value.Kind, definition.Value.RecordType?.ClrType));
        object[] arguments =
            [.. factory.GetParameters().Select((p, i) => p.ParameterType == typeof(long) ? (object)(long)(i + 1) : $"s{i + 1}")];
        var parsed = KeySpace.Parse(BytesOf(factory.Invoke(null, arguments)!));
        parsed.Definition.Should().BeSameAs(definition);
        var given = parsed.Values.Where(v => v.Kind != KeyFieldKind.Versionstamp);
        given.Select(v => v.IsNumber ? v.Number : (object)v.ToText()).Should().Equal(arguments);
    }

    [Fact]
    public void Every_key_that_the_service_writes_has_a_factory()
    {
        var counters = Enum.GetValues<TabletCounter>().Select(KeySpace.StatsCounter);
        var written = KeySpace.All.Except(counters).Where(d => d.Space != KeySpace.Versioned && d != KeySpace.CommitMarker);

        written.Should().HaveCount(Factories.Count);
    }

    [Fact]
    public void A_tablet_can_be_named_by_its_index_record()
    {
        var tablet = new TabletIndexPB { TableId = 1, IndexId = 2, PartitionId = 3, TabletId = 4 };

        Key.MetaTablet("i", tablet).Bytes.Should().Equal(Key.MetaTablet("i", 1, 2, 3, 4).Bytes);
        Key.JobTablet("i", tablet).Bytes.Should().Equal(Key.JobTablet("i", 1, 2, 3, 4).Bytes);
        Key.StatsTablet("i", tablet).Bytes.Should().Equal(Key.StatsTablet("i", 1, 2, 3, 4).Bytes);
        foreach (var counter in Enum.GetValues<TabletCounter>())
        {
            var parsed = KeySpace.Parse(Key.StatsTablet("i", tablet, counter).Bytes);
            parsed.Definition.Should().BeSameAs(KeySpace.StatsCounter(counter));
            parsed.Values.Should().Equal("i", 1, 2, 3, 4);
        }
    }

    private static (KeyValueKind Kind, Type? Record) ValueTypeOf(Type key) => key.Name switch
    {
        "RecordKey`1" or "SecretRecordKey`1" or "CommitStampedKey`1" => (KeyValueKind.Record, key.GenericTypeArguments[0]),
        "StampedRecordKey`1" => (KeyValueKind.StampedRecord, key.GenericTypeArguments[0]),
        "SplitRecordKey`1" => (KeyValueKind.SplitRecord, key.GenericTypeArguments[0]),
        nameof(SplitBytesKey) => (KeyValueKind.SplitBytes, null),
        nameof(CounterKey) => (KeyValueKind.Counter, null),
        _ => throw new ArgumentException($"no key: {key}"),
    };

    private static byte[] BytesOf(object key) => (byte[])key.GetType().GetProperty("Bytes")!.GetValue(key)!;
}
