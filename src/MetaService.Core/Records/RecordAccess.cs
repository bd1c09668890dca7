using System.Buffers.Binary;
using Google.Protobuf;
using MetaService.Keys;
using MetaService.Security;
using MetaService.Storage;

namespace MetaService.Records;

/// <summary>Reads and writes of typed records on the storage seam. Fields that this version does not know survive a rewrite.</summary>
public static class RecordAccess
{
    /// <summary>The record, or null when there is none.</summary>
    /// <exception cref="InvalidProtocolBufferException">The stored bytes are not such a record.</exception>
    public static async ValueTask<T?> GetAsync<T>(
        this IKvReader reader, RecordKey<T> key, bool snapshot = false, CancellationToken cancellationToken = default)
        where T : class, IMessage<T>, new()
    {
        var value = await reader.GetAsync(key.Bytes, snapshot, cancellationToken).ConfigureAwait(false);
        return value is null ? null : Parse<T>(value);
    }

    /// <summary>The record as it is stored, its secrets sealed, or null when there is none.</summary>
    /// <exception cref="InvalidProtocolBufferException">The stored bytes are not such a record.</exception>
    public static ValueTask<T?> GetAsync<T>(
        this IKvReader reader, SecretRecordKey<T> key, bool snapshot = false, CancellationToken cancellationToken = default)
        where T : class, IMessage<T>, new() =>
        reader.GetAsync(new RecordKey<T>(key.Bytes), snapshot, cancellationToken);

    /// <summary>Writes the record.</summary>
    /// <exception cref="InvalidOperationException">Records of this type hold secrets.</exception>
    public static void Set<T>(this IKvTransaction transaction, RecordKey<T> key, T record)
        where T : class, IMessage<T>, new()
    {
        // A key found by a scan has the type of its value only.
        if (SecretParts.AreIn<T>())
        {
            throw new InvalidOperationException($"{typeof(T).Name} holds secrets: write it through SealedRecords");
        }

        transaction.Set(key.Bytes, record.ToByteArray());
    }

    /// <summary>Removes the record.</summary>
    public static void Clear<T>(this IKvTransaction transaction, RecordKey<T> key)
        where T : class, IMessage<T>, new() =>
        transaction.Clear(key.Bytes);

    /// <summary>The counter's value, or null when nothing was ever added.</summary>
    /// <exception cref="InvalidDataException">The value is not 8 bytes long.</exception>
    public static async ValueTask<long?> GetAsync(
        this IKvReader reader, CounterKey key, bool snapshot = false, CancellationToken cancellationToken = default)
    {
        var value = await reader.GetAsync(key.Bytes, snapshot, cancellationToken).ConfigureAwait(false);
        return value is null ? null : ParseCounter(value);
    }

    /// <summary>Adds to the counter without conflicting with other additions.</summary>
    public static void Add(this IKvTransaction transaction, CounterKey key, long delta) =>
        transaction.AtomicAdd(key.Bytes, delta);

    /// <summary>Parses a stored record.</summary>
    public static T Parse<T>(byte[] value)
        where T : class, IMessage<T>, new()
    {
        var record = new T();
        record.MergeFrom(value);
        return record;
    }

    /// <summary>Parses a stored counter.</summary>
    /// <exception cref="InvalidDataException">The value is not 8 bytes long.</exception>
    public static long ParseCounter(byte[] value) =>
        value.Length == sizeof(long)
            ? BinaryPrimitives.ReadInt64LittleEndian(value)
            : throw new InvalidDataException($"a counter of {value.Length} bytes instead of {sizeof(long)}");
}
