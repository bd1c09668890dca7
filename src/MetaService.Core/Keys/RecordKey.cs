using Google.Protobuf;

namespace MetaService.Keys;

/// <summary>A key whose value is one serialized record of type <typeparamref name="T"/>.</summary>
public readonly record struct RecordKey<T>(byte[] Bytes)
    where T : class, IMessage<T>, new();

/// <summary>
/// A key whose record holds access keys and secret keys. It is read like any other, with its secrets as they are stored, sealed;
/// only <see cref="Domain.Secrets.SealedRecords"/> writes it.
/// </summary>
/// <param name="InstanceId">The instance that it belongs to; empty for a record of the service as a whole.</param>
/// <param name="RecordId">The id of the vault or stage; empty where there is one record only.</param>
public readonly record struct SecretRecordKey<T>(byte[] Bytes, string InstanceId = "", string RecordId = "")
    where T : class, IMessage<T>, new();

/// <summary>A key whose value is a record of type <typeparamref name="T"/> with a 10-byte versionstamp behind it.</summary>
public readonly record struct StampedRecordKey<T>(byte[] Bytes)
    where T : class, IMessage<T>, new();

/// <summary>
/// A key that ends with the versionstamp that the transaction gets at commit, so that each transaction adds a record.
/// </summary>
/// <param name="Bytes">The key with any versionstamp in its place.</param>
public readonly record struct CommitStampedKey<T>(byte[] Bytes)
    where T : class, IMessage<T>, new();

/// <summary>
/// A key whose value is a record of type <typeparamref name="T"/> that may be longer than one value can be: it lies in chunks
/// under keys that begin with this one.
/// </summary>
/// <param name="Bytes">The key without a chunk number; what a value that is not split lies under.</param>
/// <param name="ValueVersion">The version that new values are written with, 0 to 127.</param>
public readonly record struct SplitRecordKey<T>(byte[] Bytes, byte ValueVersion = 0)
    where T : class, IMessage<T>, new();

/// <summary>Like <see cref="SplitRecordKey{T}"/>, for bytes that are no record.</summary>
/// <param name="Bytes">The key without a chunk number; what a value that is not split lies under.</param>
/// <param name="ValueVersion">The version that new values are written with, 0 to 127.</param>
public readonly record struct SplitBytesKey(byte[] Bytes, byte ValueVersion = 0);

/// <summary>A key whose value is an 8-byte little-endian counter, changed by atomic additions.</summary>
public readonly record struct CounterKey(byte[] Bytes);
