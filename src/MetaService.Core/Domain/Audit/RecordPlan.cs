using System.Collections.Concurrent;
using Google.Protobuf.Reflection;
using MetaService.Json;

namespace MetaService.Domain.Audit;

/// <summary>What has to be known of a type of record to go through its bytes.</summary>
internal sealed class RecordPlan
{
    private static readonly ConcurrentDictionary<MessageDescriptor, RecordPlan> Plans = new();

    private readonly Dictionary<int, FieldPlan> _fields;

    private RecordPlan(MessageDescriptor type) =>
        _fields = type.Fields.InDeclarationOrder().ToDictionary(field => field.FieldNumber, field => new FieldPlan(field));

    /// <summary>The plan of a type.</summary>
    public static RecordPlan Of(MessageDescriptor type) => Plans.GetOrAdd(type, static type => new RecordPlan(type));

    /// <summary>The field with a number; null when this version does not know it.</summary>
    public FieldPlan? Find(int number) => _fields.GetValueOrDefault(number);
}

/// <summary>What has to be known of a field.</summary>
internal sealed class FieldPlan(FieldDescriptor descriptor)
{
    private RecordPlan? _message;

    /// <summary>Whether its value is a secret.</summary>
    public bool IsSecret { get; } = SecretFields.IsSecret(descriptor);

    /// <summary>Whether it is a message.</summary>
    public bool IsMessage { get; } = descriptor.FieldType == FieldType.Message;

    /// <summary>
    /// Whether it is a name and a value, of which the name tells whether the value is a secret: field 1 and field 2.
    /// </summary>
    public bool IsNamedValue { get; } = SecretFields.IsNamedValue(descriptor);

    /// <summary>Whether it tells which of several things a message is, or a message is none without it.</summary>
    public bool IsIdentity { get; } =
        descriptor is { IsRepeated: false, FieldType: not FieldType.Message } && !SecretFields.IsSecret(descriptor)
        && (descriptor.IsRequired || IsName(descriptor));

    /// <summary>The plan of the message that it is.</summary>
    public RecordPlan Message => _message ??= RecordPlan.Of(descriptor.MessageType);

    private static bool IsName(FieldDescriptor descriptor) =>
        descriptor.FieldType is FieldType.String or FieldType.Int64
        && (descriptor.Name is "id" or "name" || descriptor.Name.EndsWith("_id", StringComparison.Ordinal)
            || descriptor.Name.EndsWith("_name", StringComparison.Ordinal));
}
