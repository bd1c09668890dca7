using Google.Protobuf;
using MetaService.Keys;
using MetaService.Storage;

namespace MetaService.Records;

/// <summary>
/// Reads and writes of values that may be longer than a store allows for one. A value lies in chunks of up to
/// <see cref="ChunkBytes"/> under its key followed by an encoded integer: the value version in the top byte, the chunk's sequence
/// number, from 0, in the two lowest. A value under the key itself is one that was never split, of version 0.
/// </summary>
public static class SplitValueAccess
{
    /// <summary>Most bytes of a value in one chunk.</summary>
    public const int ChunkBytes = 90_000;

    private const int VersionShift = 56;
    private const int MaxChunks = 0x10000;
    private const byte MaxValueVersion = 127;

    /// <summary>The record, or null when there is none.</summary>
    /// <exception cref="InvalidDataException">Chunks are missing or do not belong together.</exception>
    /// <exception cref="InvalidProtocolBufferException">The stored bytes are not such a record.</exception>
    public static async ValueTask<T?> GetAsync<T>(
        this IKvReader reader, SplitRecordKey<T> key, bool snapshot = false, CancellationToken cancellationToken = default)
        where T : class, IMessage<T>, new()
    {
        var value = await ReadAsync(reader, key.Bytes, snapshot, cancellationToken).ConfigureAwait(false);
        return value is null ? null : RecordAccess.Parse<T>(value);
    }

    /// <summary>The bytes, or null when there are none.</summary>
    /// <exception cref="InvalidDataException">Chunks are missing or do not belong together.</exception>
    public static ValueTask<byte[]?> GetAsync(
        this IKvReader reader, SplitBytesKey key, bool snapshot = false, CancellationToken cancellationToken = default) =>
        ReadAsync(reader, key.Bytes, snapshot, cancellationToken);

    /// <summary>Writes the record in place of whatever was there, in any number of chunks.</summary>
    public static void Set<T>(this IKvTransaction transaction, SplitRecordKey<T> key, T record)
        where T : class, IMessage<T>, new() =>
        Write(transaction, key.Bytes, key.ValueVersion, record.ToByteArray());

    /// <summary>Writes the bytes in place of whatever was there, in any number of chunks.</summary>
    public static void Set(this IKvTransaction transaction, SplitBytesKey key, ReadOnlyMemory<byte> value) =>
        Write(transaction, key.Bytes, key.ValueVersion, value);

    /// <summary>Removes the record with all its chunks.</summary>
    public static void Clear<T>(this IKvTransaction transaction, SplitRecordKey<T> key)
        where T : class, IMessage<T>, new() =>
        transaction.ClearRange(Chunks(key.Bytes));

    /// <summary>Removes the bytes with all their chunks.</summary>
    public static void Clear(this IKvTransaction transaction, SplitBytesKey key) => transaction.ClearRange(Chunks(key.Bytes));

    /// <summary>The whole value of a key, or null when there is none.</summary>
    internal static async ValueTask<byte[]?> ReadAsync(
        IKvReader reader, byte[] key, bool snapshot, CancellationToken cancellationToken)
    {
        MemoryStream? value = null;
        long? next = null;
        await foreach (var pair in reader.ScanAsync(Chunks(key), snapshot, cancellationToken).ConfigureAwait(false))
        {
            if (pair.Key.Length == key.Length)
            {
                return pair.Value;
            }

            var number = ChunkNumber(pair.Key.AsSpan(key.Length));
            next ??= number >> VersionShift << VersionShift;
            if (number != next)
            {
                throw new InvalidDataException($"chunk {number:x16} of a split value was found where {next:x16} belongs");
            }

            value ??= new MemoryStream();
            value.Write(pair.Value);
            next++;
        }

        return value?.ToArray();
    }

    /// <summary>Whether any part of the value of a key is there.</summary>
    internal static async ValueTask<bool> ExistsAsync(IKvReader reader, byte[] key, CancellationToken cancellationToken)
    {
        var (begin, end) = Chunks(key);
        var options = new KvRangeOptions(Limit: 1, Snapshot: true);
        return (await reader.GetRangeAsync(begin, end, options, cancellationToken).ConfigureAwait(false)).Pairs.Count > 0;
    }

    /// <summary>The value version and the number of a chunk, from the integer at the end of its key.</summary>
    /// <returns>False when it is not one that a chunk can have.</returns>
    internal static bool TryReadChunkNumber(long number, out int valueVersion, out int sequence)
    {
        valueVersion = (int)(number >> VersionShift);
        var low = number & ((1L << VersionShift) - 1);
        sequence = low < MaxChunks ? (int)low : -1;
        return sequence >= 0;
    }

    private static void Write(IKvTransaction transaction, byte[] key, byte valueVersion, ReadOnlyMemory<byte> value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(valueVersion, MaxValueVersion);
        var chunks = Math.Max(1, (value.Length + ChunkBytes - 1) / ChunkBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(chunks, MaxChunks, nameof(value));
        transaction.ClearRange(Chunks(key));
        for (var i = 0; i < chunks; i++)
        {
            transaction.Set(
                ChunkKey(key, ((long)valueVersion << VersionShift) | (uint)i),
                value.Slice(i * ChunkBytes, Math.Min(ChunkBytes, value.Length - (i * ChunkBytes))));
        }
    }

    private static KeyRange Chunks(byte[] key) => new(key, ChunkKey(key, long.MaxValue));

    private static byte[] ChunkKey(byte[] key, long number)
    {
        var chunk = new byte[key.Length + OrderedCodec.Int64Length];
        key.CopyTo(chunk, 0);
        OrderedCodec.WriteInt64(number, chunk.AsSpan(key.Length));
        return chunk;
    }

    private static long ChunkNumber(ReadOnlySpan<byte> suffix) =>
        OrderedCodec.TryReadInt64(ref suffix, out var number) && suffix.IsEmpty
            ? number
            : throw new InvalidDataException("a key among the chunks of a split value is not a chunk's");
}
