using System.Collections;
using CsCheck;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Records.Own;

namespace MetaService.TestKit.Json;

/// <summary>Messages of every record type, filled at random after their descriptors.</summary>
public static class RandomMessages
{
    private const int DeepestNesting = 4;

    private static readonly string[] Fragments =
        ["", "a", "cluster", "\"", "\\", "\0", "\u001f", "\n", "\u007f", "é", "日本", "😀", "\u2028", "\uFFFD", "'", "</", "1", " "];

    private static readonly long[] Integers =
        [0, 1, -1, 9050, 1669260437, int.MaxValue, int.MinValue, long.MaxValue, long.MinValue, 1L << 53];

    private static readonly double[] Doubles =
        [0, -0.0, 0.05, 1, 1e300, 5e-324, double.MaxValue, 1.0 / 3, double.NaN, double.PositiveInfinity, double.NegativeInfinity];

    /// <summary>Every message type of the record files, nested ones too.</summary>
    public static IReadOnlyList<MessageDescriptor> Types { get; } = AllTypes();

    public static Gen<IMessage> Any { get; } =
        Gen.Select(Gen.Int[0, Types.Count - 1], Gen.Int, (type, seed) => Fill(Types[type], new Random(seed), depth: 0));

    public static IMessage Fill(MessageDescriptor type, Random random, int depth)
    {
        var message = New(type);
        var density = random.NextDouble();
        foreach (var field in type.Fields.InFieldNumberOrder())
        {
            if (random.NextDouble() > density || (field.FieldType == FieldType.Message && depth >= DeepestNesting))
            {
                continue;
            }

            if (field.IsMap)
            {
                FillMap(field, (IDictionary)field.Accessor.GetValue(message), random, depth);
            }
            else if (field.IsRepeated)
            {
                var elements = (IList)field.Accessor.GetValue(message);
                for (var count = random.Next(4); count > 0; count--)
                {
                    elements.Add(Value(field, random, depth));
                }
            }
            else
            {
                field.Accessor.SetValue(message, Value(field, random, depth));
            }
        }

        return message;
    }

    private static List<MessageDescriptor> AllTypes()
    {
        FileDescriptor[] files = [CloudReflection.Descriptor, MetaserviceReflection.Descriptor];
        var all = files
            .Concat(files.SelectMany(file => file.Dependencies))
            .Concat([OlapFileReflection.Descriptor, .. OlapFileReflection.Descriptor.Dependencies])
            .Distinct()
            .SelectMany(file => file.MessageTypes);
        return [.. all.SelectMany(WithNested)];

        // The entries of map fields are nested types without a class.
        static IEnumerable<MessageDescriptor> WithNested(MessageDescriptor type) =>
            type.ClrType is null ? [] : type.NestedTypes.SelectMany(WithNested).Prepend(type);
    }

    private static void FillMap(FieldDescriptor field, IDictionary entries, Random random, int depth)
    {
        for (var count = random.Next(5); count > 0; count--)
        {
            var key = Value(field.MessageType.FindFieldByNumber(1), random, depth);
            entries[key] = Value(field.MessageType.FindFieldByNumber(2), random, depth);
        }
    }

    private static object Value(FieldDescriptor field, Random random, int depth) => field.FieldType switch
    {
        FieldType.String => Text(random),
        FieldType.Bytes => ByteString.CopyFrom(Enumerable.Range(0, random.Next(9)).Select(_ => (byte)random.Next(256)).ToArray()),
        FieldType.Bool => random.Next(2) == 0,
        FieldType.Int32 => unchecked((int)Integer(random)),
        FieldType.UInt32 => unchecked((uint)Integer(random)),
        FieldType.Int64 => Integer(random),
        FieldType.UInt64 => unchecked((ulong)Integer(random)),
        FieldType.Double => random.Next(2) == 0 ? Doubles[random.Next(Doubles.Length)] : random.NextDouble(),
        FieldType.Enum => EnumValue(field.EnumType, random),
        FieldType.Message => Fill(field.MessageType, random, depth + 1),
        _ => throw new NotSupportedException($"{field.FullName}: {field.FieldType}"),
    };

    private static object EnumValue(EnumDescriptor type, Random random) =>
        Enum.ToObject(type.ClrType, type.Values[random.Next(type.Values.Count)].Number);

    private static long Integer(Random random) => random.Next(2) == 0
        ? Integers[random.Next(Integers.Length)]
        : random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);

    private static string Text(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => Fragments[random.Next(Fragments.Length)]));

    private static IMessage New(MessageDescriptor type) => (IMessage)Activator.CreateInstance(type.ClrType)!;
}
