using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace MetaService.Json;

/// <summary>Makes the plan of a field from its descriptor, by reflection, once per message type.</summary>
internal static class FieldPlanFactory
{
    /// <exception cref="NotSupportedException">The records have no field of this kind so far.</exception>
    public static FieldPlan<TMessage> Create<TMessage>(FieldDescriptor field)
    {
        if (field.IsMap)
        {
            var key = field.MessageType.FindFieldByNumber(1);
            var value = field.MessageType.FindFieldByNumber(2);
            return Make<TMessage>(typeof(MapFieldPlan<,,>), [ClrType(key), ClrType(value)], field, KeyCodec(key), Codec(value));
        }

        var kind = field switch
        {
            { IsRepeated: true } => typeof(RepeatedFieldPlan<,>),
            { FieldType: FieldType.Message } => typeof(MessageField<,>),
            _ => typeof(ScalarField<,>),
        };
        return Make<TMessage>(kind, [ClrType(field)], field, Codec(field));
    }

    private static FieldPlan<TMessage> Make<TMessage>(Type kind, Type[] valueTypes, params object[] arguments) =>
        (FieldPlan<TMessage>)Activator.CreateInstance(kind.MakeGenericType([typeof(TMessage), .. valueTypes]), arguments)!;

    private static Type ClrType(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Int32 => typeof(int),
        FieldType.UInt32 => typeof(uint),
        FieldType.Int64 => typeof(long),
        FieldType.UInt64 => typeof(ulong),
        FieldType.Bool => typeof(bool),
        FieldType.Double => typeof(double),
        FieldType.String => typeof(string),
        FieldType.Bytes => typeof(ByteString),
        FieldType.Enum => field.EnumType.ClrType,
        FieldType.Message => field.MessageType.ClrType,
        _ => throw NotSupported(field),
    };

    private static object Codec(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Int32 => new Int32Codec(),
        FieldType.UInt32 => new UInt32Codec(),
        FieldType.Int64 => new Int64Codec(),
        FieldType.UInt64 => new UInt64Codec(),
        FieldType.Bool => new BooleanCodec(),
        FieldType.Double => new DoubleCodec(),
        FieldType.String => new StringCodec(),
        FieldType.Bytes => new BytesCodec(),
        FieldType.Enum => Activator.CreateInstance(typeof(EnumCodec<>).MakeGenericType(ClrType(field)), field.EnumType)!,
        FieldType.Message => Activator.CreateInstance(typeof(MessageCodec<>).MakeGenericType(ClrType(field)))!,
        _ => throw NotSupported(field),
    };

    private static object KeyCodec(FieldDescriptor key) => key.FieldType switch
    {
        FieldType.String => new StringKeyCodec(),
        FieldType.Int32 => new Int32KeyCodec(),
        FieldType.Int64 => new Int64KeyCodec(),
        _ => throw NotSupported(key),
    };

    private static NotSupportedException NotSupported(FieldDescriptor field) =>
        new($"{field.FullName}: JSON of {field.FieldType} fields is not supported");
}
