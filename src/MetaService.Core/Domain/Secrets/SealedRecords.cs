using Google.Protobuf;
using MetaService.Domain.Audit;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Security;
using MetaService.Storage;

namespace MetaService.Domain.Secrets;

/// <summary>
/// Opens the secrets of loaded records and writes records with their secrets sealed: the only way for a record with secrets into
/// the store.
/// </summary>
/// <remarks>
/// A pair of keys is sealed while it has an <c>encryption_info</c>. Who only changes something else saves the record as it was
/// loaded, and its sealed pairs are written back as they were. Clear pairs, be they new, opened or from a version that did not
/// seal, are sealed when they are written.
/// </remarks>
public sealed class SealedRecords(SecretKeys keys, SecretOptions options)
{
    private readonly bool _usesUpstreamMethod = options.UsesUpstreamMethod();

    /// <summary>Opens secrets of a record in memory.</summary>
    /// <param name="key">Where it was loaded from.</param>
    /// <param name="which">Of an instance, which of them.</param>
    /// <exception cref="MetaServiceException">A key is missing, or a secret does not open; some may be open then.</exception>
    public async ValueTask OpenAsync<T>(
        IKvReader reader, SecretRecordKey<T> key, T record, InstanceSecrets which, CancellationToken cancellationToken)
        where T : class, IMessage<T>, new() =>
        await OpenAsync(reader, SecretParts.Of(key, record, which).Where(part => part.Keys.IsSealed()), cancellationToken)
            .ConfigureAwait(false);

    /// <summary>Opens all secrets of a record in memory.</summary>
    /// <param name="key">Where it was loaded from.</param>
    /// <exception cref="MetaServiceException">A key is missing, or a secret does not open; some may be open then.</exception>
    public ValueTask OpenAsync<T>(IKvReader reader, SecretRecordKey<T> key, T record, CancellationToken cancellationToken)
        where T : class, IMessage<T>, new() =>
        OpenAsync(reader, key, record, InstanceSecrets.All, cancellationToken);

    /// <summary>
    /// Writes a record, its clear secrets sealed, and notes how it was and is. The record itself stays as it is.
    /// </summary>
    /// <param name="what">What to call the record in the error.</param>
    /// <exception cref="MetaServiceException">Sealed, it is over what one record may hold, or it cannot be sealed.</exception>
    public async ValueTask SetAsync<T>(
        AuditedChange change, SecretRecordKey<T> key, T record, string what, CancellationToken cancellationToken)
        where T : class, IMessage<T>, new()
    {
        var bytes = await SealAsync(change, key, record, what, cancellationToken).ConfigureAwait(false);
        await change.NoteAsync(key.InstanceId, key.Bytes, bytes, record.Descriptor, cancellationToken).ConfigureAwait(false);
        change.Transaction.Set(key.Bytes, bytes);
    }

    /// <summary>The same where the caller knows that there is no record yet.</summary>
    /// <param name="what">What to call the record in the error.</param>
    /// <exception cref="MetaServiceException">Sealed, it is over what one record may hold, or it cannot be sealed.</exception>
    public async ValueTask AddAsync<T>(
        AuditedChange change, SecretRecordKey<T> key, T record, string what, CancellationToken cancellationToken)
        where T : class, IMessage<T>, new()
    {
        var bytes = await SealAsync(change, key, record, what, cancellationToken).ConfigureAwait(false);
        change.NoteFirst(key.InstanceId, bytes, record.Descriptor);
        change.Transaction.Set(key.Bytes, bytes);
    }

    /// <summary>Seals anew what is not sealed as it would be now. False when there was nothing to do.</summary>
    /// <exception cref="MetaServiceException">A secret does not open.</exception>
    internal async ValueTask<bool> ResealAsync<T>(
        AuditedChange change, SecretRecordKey<T> key, string what, CancellationToken cancellationToken)
        where T : class, IMessage<T>, new()
    {
        var transaction = change.Transaction;
        if (await transaction.GetAsync(key, cancellationToken: cancellationToken).ConfigureAwait(false) is not { } record)
        {
            return false;
        }

        using var sealer = await SealerAsync(transaction, cancellationToken).ConfigureAwait(false);
        var stale = SecretParts.Of(key, record).Where(part => sealer.IsStale(part.Keys)).ToList();
        if (stale.Count == 0)
        {
            return false;
        }

        await OpenAsync(transaction, stale.Where(part => part.Keys.IsSealed()), cancellationToken).ConfigureAwait(false);
        await SetAsync(change, key, record, what, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>What secrets are sealed with now. A transaction that seals with it must be the one given here.</summary>
    /// <exception cref="MetaServiceException">The key is not that of the store, or upstream's cannot be used.</exception>
    internal async ValueTask<ISealer> SealerAsync(IKvTransaction transaction, CancellationToken cancellationToken)
    {
        if (_usesUpstreamMethod)
        {
            return await UpstreamKeys.SealerAsync(transaction, cancellationToken).ConfigureAwait(false);
        }

        var current = keys.Keyring.Current ?? throw new InvalidOperationException("there is no key to seal with");
        await keys.NoteUseAsync(transaction, current, cancellationToken).ConfigureAwait(false);
        return new GcmSealer(current);
    }

    /// <summary>The bytes of a record, its clear secrets sealed.</summary>
    private async ValueTask<byte[]> SealAsync<T>(
        AuditedChange change, SecretRecordKey<T> key, T record, string what, CancellationToken cancellationToken)
        where T : class, IMessage<T>, new()
    {
        if (SecretParts.Of(key, record).Any(IsClear))
        {
            using var sealer = await SealerAsync(change.Transaction, cancellationToken).ConfigureAwait(false);
            record = record.Clone(); // A transaction may run again, and its caller may go on with the record.
            foreach (var part in SecretParts.Of(key, record).Where(IsClear))
            {
                sealer.Seal(part);
            }
        }

        var bytes = record.ToByteArray();
        return bytes.Length <= KvLimits.ValueBytes ? bytes : throw Errors.RecordTooLarge(what, bytes.Length, KvLimits.ValueBytes);
    }

    private static bool IsClear(SecretPart part) => !part.Keys.IsSealed() && part.Keys.HasSecrets();

    private async ValueTask OpenAsync(IKvReader reader, IEnumerable<SecretPart> parts, CancellationToken cancellationToken)
    {
        EncryptionKeyInfoPB? upstream = null;
        foreach (var part in parts)
        {
            switch (part.Keys.EncryptionInfo!.EncryptionMethod)
            {
                case var _ when !part.Keys.HasSecrets():
                    part.Keys.EncryptionInfo = null;
                    break;
                case SecretCipher.Method:
                    await OpenAsync(part, cancellationToken).ConfigureAwait(false);
                    break;
                case UpstreamEcb.Method:
                    upstream ??= await UpstreamKeys.LoadAsync(reader, cancellationToken).ConfigureAwait(false);
                    UpstreamKeys.Open(part, upstream);
                    break;
                default:
                    throw SecretErrors.UnknownMethod(part);
            }
        }
    }

    private async ValueTask OpenAsync(SecretPart part, CancellationToken cancellationToken)
    {
        var keyId = part.Keys.EncryptionInfo!.KeyId;
        var key = await keys.FindAsync(keyId, cancellationToken).ConfigureAwait(false)
            ?? throw SecretErrors.UnknownKey(part, keyId);
        part.Keys.SetOpened(Open(part.AkPlace, part.Keys.Ak), Open(part.SkPlace, part.Keys.Sk));

        string Open(in SecretPlace place, string text) =>
            text.Length == 0 ? text : SecretCipher.Open(key, place, text) ?? throw SecretErrors.DoesNotOpen(part, keyId);
    }
}
