using MetaService.Keys;
using MetaService.Records;
using MetaService.Security;
using MetaService.Storage;

namespace MetaService.Domain.Secrets;

/// <summary>
/// Notes in transactions that they seal with a key. Where the store tells what was written when, the check record of the key is
/// read again only after it was written.
/// </summary>
internal sealed class KeyUse(IKvStore store)
{
    private Checked? _checked;

    /// <summary>Does what <see cref="KeyChecks.NoteUseAsync"/> does.</summary>
    /// <exception cref="MetaServiceException">Others seal with another key of that id.</exception>
    public async ValueTask NoteAsync(IKvTransaction transaction, SecretKey key, CancellationToken cancellationToken)
    {
        if (store.WriteStamps is { } stamps && await IsInOrderAsync(stamps, key, cancellationToken).ConfigureAwait(false))
        {
            // As good as reading it: were it written after the version of the transaction, the commit would be a conflict.
            transaction.AddReadConflictKey(Key.SecretKeyCheck(key.Id).Bytes);
            return;
        }

        await KeyChecks.NoteUseAsync(transaction, key, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the stored record says that the key is in use, so that there is nothing to write.</summary>
    private async ValueTask<bool> IsInOrderAsync(WriteStamps stamps, SecretKey key, CancellationToken cancellationToken)
    {
        var known = Volatile.Read(ref _checked);
        if (known is null || known.Key != key || !stamps.AreUnwrittenSince(known.Version, [known.Place]))
        {
            known = await ReadAsync(key, cancellationToken).ConfigureAwait(false);
            Volatile.Write(ref _checked, known);
        }

        return known is not null;
    }

    private async ValueTask<Checked?> ReadAsync(SecretKey key, CancellationToken cancellationToken)
    {
        // Not in the transaction, which may have written the record and never be committed.
        using var reader = store.BeginRead();
        var place = Key.SecretKeyCheck(key.Id);
        var version = await reader.GetReadVersionAsync(cancellationToken).ConfigureAwait(false);
        var check = await reader.GetAsync(place, cancellationToken: cancellationToken).ConfigureAwait(false);
        return check is { HasRetiredBy: false } && KeyChecks.Opens(check, key)
            ? new Checked(key, version, WriteStamps.PlaceOf(place.Bytes))
            : null;
    }

    /// <param name="Version">At this version the key's record was in order.</param>
    /// <param name="Place">Where a write of it would be noted.</param>
    private sealed record Checked(SecretKey Key, long Version, int Place);
}
