using Google.Protobuf;
using MetaService.Storage;

namespace MetaService.Records;

/// <summary>
/// A record that many calls read and hardly any writes. Where the store tells what was written when, it is fetched again only after it
/// was written.
/// </summary>
public sealed class SeldomWritten<T>(IKvStore store, byte[] key)
    where T : class, IMessage<T>, new()
{
    private readonly int _place = WriteStamps.PlaceOf(key);
    private Fetched? _fetched;

    /// <summary>The record as of the version of a reader, or null when there was none.</summary>
    /// <param name="reader">Not a transaction, which could have written the record itself.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InvalidProtocolBufferException">The stored bytes are not such a record.</exception>
    /// <exception cref="KvException">The store cannot be read.</exception>
    public async ValueTask<T?> GetAsync(IKvReader reader, CancellationToken cancellationToken)
    {
        var value = store.WriteStamps is { } stamps
            ? await GetAsync(reader, stamps, cancellationToken).ConfigureAwait(false)
            : await reader.GetAsync(key, cancellationToken: cancellationToken).ConfigureAwait(false);
        return value is null ? null : RecordAccess.Parse<T>(value);
    }

    private async ValueTask<byte[]?> GetAsync(IKvReader reader, WriteStamps stamps, CancellationToken cancellationToken)
    {
        var version = await reader.GetReadVersionAsync(cancellationToken).ConfigureAwait(false);

        // The reader may be of a version before that of the fetch as well as after it.
        if (Volatile.Read(ref _fetched) is { } fetched && stamps.AreUnwrittenSince(Math.Min(version, fetched.Version), [_place]))
        {
            (reader as TracingReader)?.Note(key);
            return fetched.Value;
        }

        var value = await reader.GetAsync(key, cancellationToken: cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _fetched, new Fetched(version, value));
        return value;
    }

    private sealed record Fetched(long Version, byte[]? Value);
}
