using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Own;
using MetaService.Security;
using MetaService.Storage;

namespace MetaService.Domain.Secrets;

/// <summary>
/// The records that tell which keys secrets of the store are sealed with. Each holds a known text sealed with its key, so that a
/// server without the key, or with another one under its id, notices before it serves. A key's record is written in the first
/// transaction that seals with the key, and removed by the rotation that finds nothing sealed with it any more.
/// </summary>
internal static class KeyChecks
{
    private const string Text = "this text opens with the right key";

    /// <summary>The check records by key id, ascending.</summary>
    public static async ValueTask<SortedDictionary<long, SecretKeyCheckPB>> LoadAsync(
        IKvReader reader, CancellationToken cancellationToken)
    {
        var checks = new SortedDictionary<long, SecretKeyCheckPB>();
        var all = reader.ScanAsync(KeyRanges.SecretKeyChecks(), cancellationToken: cancellationToken);
        await foreach (var found in all.ConfigureAwait(false))
        {
            checks.Add(found.Fields.Number("key_id"), found.Record);
        }

        return checks;
    }

    /// <summary>Refuses keys with which some secret of the store could not be opened.</summary>
    /// <param name="source">What to call the place that the keys come from.</param>
    /// <exception cref="SecretKeyException">A key is missing or is another one.</exception>
    public static void Verify(SortedDictionary<long, SecretKeyCheckPB> checks, SecretKeyring keyring, string source)
    {
        foreach (var (id, check) in checks)
        {
            var key = keyring.Find(id) ?? throw new SecretKeyException(
                $"{source} does not hold key {id}, with which secrets of this store are sealed; put it back from a backup");
            if (!Opens(check, key))
            {
                throw new SecretKeyException(
                    $"key {id} in {source} is not the key {id} with which secrets of this store are sealed; "
                    + "put the right one back");
            }
        }
    }

    /// <summary>Notes in a transaction that it seals with a key.</summary>
    /// <exception cref="MetaServiceException">Others seal with another key of that id.</exception>
    public static async ValueTask NoteUseAsync(IKvTransaction transaction, SecretKey key, CancellationToken cancellationToken)
    {
        // The read makes the transaction conflict with a rotation that is about to declare the key unused.
        var place = Key.SecretKeyCheck(key.Id);
        var check = await transaction.GetAsync(place, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (check is null)
        {
            transaction.Set(place, new SecretKeyCheckPB { Sealed = SecretCipher.Seal(key, BoundTo(key.Id), Text) });
        }
        else if (!Opens(check, key))
        {
            throw SecretErrors.AnotherKey(key.Id);
        }
        else if (check.HasRetiredBy)
        {
            check.ClearRetiredBy();
            transaction.Set(place, check);
        }
    }

    /// <summary>Whether a check record is that of the key.</summary>
    public static bool Opens(SecretKeyCheckPB check, SecretKey key) =>
        SecretCipher.Open(key, BoundTo(key.Id), check.Sealed) == Text;

    private static SecretPlace BoundTo(long keyId) =>
        new("", "secret_key_check", keyId.ToString(System.Globalization.CultureInfo.InvariantCulture), "sealed");
}
