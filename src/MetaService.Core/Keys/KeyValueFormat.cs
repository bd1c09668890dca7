using Google.Protobuf.Reflection;

namespace MetaService.Keys;

/// <summary>How the value of a key is laid out.</summary>
public enum KeyValueKind
{
    /// <summary>A serialized record.</summary>
    Record,

    /// <summary>A serialized record, then a 10-byte versionstamp.</summary>
    StampedRecord,

    /// <summary>A serialized record in chunks, see <see cref="Records.SplitValueAccess"/>.</summary>
    SplitRecord,

    /// <summary>Bytes in chunks, see <see cref="Records.SplitValueAccess"/>.</summary>
    SplitBytes,

    /// <summary>An 8-byte little-endian integer changed by atomic additions.</summary>
    Counter,

    /// <summary>Bytes in a format of their own.</summary>
    Bytes,

    /// <summary>Nothing: the key says it all.</summary>
    Empty,
}

/// <summary>How the value of a key is laid out and which record it holds.</summary>
public sealed class KeyValueFormat
{
    private readonly string _words;

    private KeyValueFormat(KeyValueKind kind, string words, MessageDescriptor? record = null)
    {
        Kind = kind;
        _words = words;
        RecordType = record;
    }

    public KeyValueKind Kind { get; }

    /// <summary>The record's type; null when the value holds none.</summary>
    public MessageDescriptor? RecordType { get; }

    /// <summary>Whether the value may lie in chunks behind the key.</summary>
    public bool IsSplit => Kind is KeyValueKind.SplitRecord or KeyValueKind.SplitBytes;

    public static KeyValueFormat Counter { get; } = new(KeyValueKind.Counter, "int64 counter");

    public static KeyValueFormat Empty { get; } = new(KeyValueKind.Empty, "empty");

    public static KeyValueFormat Record(MessageDescriptor record) => new(KeyValueKind.Record, record.Name, record);

    public static KeyValueFormat Stamped(MessageDescriptor record) =>
        new(KeyValueKind.StampedRecord, $"{record.Name}, then a versionstamp (10 bytes)", record);

    public static KeyValueFormat Split(MessageDescriptor record) =>
        new(KeyValueKind.SplitRecord, $"{record.Name}, split", record);

    public static KeyValueFormat SplitBytes(string words) => new(KeyValueKind.SplitBytes, $"{words}, split");

    public static KeyValueFormat Bytes(string words) => new(KeyValueKind.Bytes, words);

    /// <summary>The format in a few words.</summary>
    public override string ToString() => _words;
}
