using Google.Protobuf;

namespace MetaService.Keys;

/// <summary>A key whose value is one serialized record of type <typeparamref name="T"/>.</summary>
public readonly record struct RecordKey<T>(byte[] Bytes)
    where T : class, IMessage<T>, new();

/// <summary>A key whose value is an 8-byte little-endian counter, changed by atomic additions.</summary>
public readonly record struct CounterKey(byte[] Bytes);
