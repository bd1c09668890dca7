using Google.Protobuf;
using MetaService.Keys;
using MetaService.Storage;

namespace MetaService.Records;

/// <summary>A record and the versionstamp stored behind it.</summary>
public readonly record struct StampedRecord<T>(T Record, Versionstamp Stamp)
    where T : class, IMessage<T>, new();

/// <summary>Reads and writes of records with a versionstamp behind them.</summary>
public static class StampedRecordAccess
{
    /// <summary>The record and its versionstamp, or null when there is none.</summary>
    /// <exception cref="InvalidDataException">The value is too short to hold a versionstamp.</exception>
    /// <exception cref="InvalidProtocolBufferException">The stored bytes are not such a record.</exception>
    public static async ValueTask<StampedRecord<T>?> GetAsync<T>(
        this IKvReader reader, StampedRecordKey<T> key, bool snapshot = false, CancellationToken cancellationToken = default)
        where T : class, IMessage<T>, new()
    {
        var value = await reader.GetAsync(key.Bytes, snapshot, cancellationToken).ConfigureAwait(false);
        if (value is null)
        {
            return null;
        }

        var (record, stamp) = Split(value);
        return new StampedRecord<T>(RecordAccess.Parse<T>(record), stamp);
    }

    /// <summary>Writes the record with a versionstamp that is known already.</summary>
    public static void Set<T>(this IKvTransaction transaction, StampedRecordKey<T> key, T record, Versionstamp stamp)
        where T : class, IMessage<T>, new()
    {
        var value = WithRoomForStamp(record);
        stamp.WriteTo(value.AsSpan(value.Length - Versionstamp.Length));
        transaction.Set(key.Bytes, value);
    }

    /// <summary>Writes the record with the versionstamp that this transaction gets at commit; it cannot read it back.</summary>
    public static void SetWithCommitStamp<T>(this IKvTransaction transaction, StampedRecordKey<T> key, T record)
        where T : class, IMessage<T>, new()
    {
        var value = WithRoomForStamp(record);
        transaction.SetVersionstampedValue(key.Bytes, value, value.Length - Versionstamp.Length);
    }

    /// <summary>Adds a record under the versionstamp that this transaction gets at commit; it cannot read it back.</summary>
    public static void AddWithCommitStamp<T>(this IKvTransaction transaction, CommitStampedKey<T> key, T record)
        where T : class, IMessage<T>, new() =>
        transaction.AddWithCommitStamp(key, record.ToByteArray());

    /// <summary>The same of a serialized record.</summary>
    public static void AddWithCommitStamp<T>(this IKvTransaction transaction, CommitStampedKey<T> key, byte[] record)
        where T : class, IMessage<T>, new() =>
        transaction.SetVersionstampedKey(key.Bytes, key.Bytes.Length - Versionstamp.Length, record);

    /// <summary>Removes the record.</summary>
    public static void Clear<T>(this IKvTransaction transaction, StampedRecordKey<T> key)
        where T : class, IMessage<T>, new() =>
        transaction.Clear(key.Bytes);

    /// <summary>Parts a stored value into the serialized record and the versionstamp.</summary>
    internal static (byte[] Record, Versionstamp Stamp) Split(byte[] value)
    {
        var length = value.Length - Versionstamp.Length;
        return length >= 0
            ? (value[..length], Versionstamp.Read(value.AsSpan(length)))
            : throw new InvalidDataException($"a value of {value.Length} bytes cannot end with a versionstamp");
    }

    private static byte[] WithRoomForStamp<T>(T record)
        where T : class, IMessage<T>, new()
    {
        var size = record.CalculateSize();
        var value = new byte[size + Versionstamp.Length];
        record.WriteTo(value.AsSpan(0, size));
        return value;
    }
}
