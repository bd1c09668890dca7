using System.Security.Cryptography;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Security;
using MetaService.Storage;

namespace MetaService.Domain.Secrets;

/// <summary>The keys that upstream keeps in the store, beside what they seal.</summary>
internal static class UpstreamKeys
{
    private const long FirstId = 1;

    public static ValueTask<EncryptionKeyInfoPB?> LoadAsync(IKvReader reader, CancellationToken cancellationToken) =>
        reader.GetAsync(Key.EncryptionKeyInfo(), cancellationToken: cancellationToken);

    /// <summary>Opens a pair that upstream has sealed.</summary>
    /// <exception cref="MetaServiceException">The store does not hold the key, or it is not the one.</exception>
    public static void Open(in SecretPart part, EncryptionKeyInfoPB? info)
    {
        var keyId = part.Keys.EncryptionInfo!.KeyId;
        var item = info?.Items.FirstOrDefault(i => i.KeyId == keyId) ?? throw SecretErrors.UpstreamKeyMissing(part, keyId);
        var key = Material(item);
        try
        {
            var sk = part.Keys.Sk.Length > 0
                ? UpstreamEcb.Open(key, part.Keys.Sk) ?? throw SecretErrors.DoesNotOpen(part, keyId)
                : "";
            part.Keys.SetOpened(part.Keys.Ak, sk);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Seals with the newest key, as upstream does; makes the first one in a store that has none.</summary>
    /// <exception cref="MetaServiceException">The newest key cannot be used.</exception>
    public static async ValueTask<ISealer> SealerAsync(IKvTransaction transaction, CancellationToken cancellationToken)
    {
        var info = await LoadAsync(transaction, cancellationToken).ConfigureAwait(false);
        if (info is null)
        {
            info = new EncryptionKeyInfoPB { Items = { NewItem() } };
            transaction.Set(Key.EncryptionKeyInfo(), info);
        }

        var newest = info.Items.MaxBy(i => i.KeyId) ?? throw SecretErrors.NoUpstreamKey();
        return new UpstreamSealer(newest.KeyId, Material(newest));
    }

    private static EncryptionKeyInfoPB.Types.Item NewItem()
    {
        Span<byte> key = stackalloc byte[SecretKey.Bytes];
        RandomNumberGenerator.Fill(key);
        var item = new EncryptionKeyInfoPB.Types.Item { KeyId = FirstId, Key = Convert.ToBase64String(key) };
        CryptographicOperations.ZeroMemory(key);
        return item;
    }

    /// <summary>The key as the cipher takes it; the caller clears it.</summary>
    private static byte[] Material(EncryptionKeyInfoPB.Types.Item item)
    {
        var decoded = GC.AllocateUninitializedArray<byte>(item.Key.Length);
        try
        {
            if (item.KmsInfo is not null || !Convert.TryFromBase64String(item.Key, decoded, out var count) || count == 0)
            {
                throw SecretErrors.UpstreamKeyUnusable(item.KeyId);
            }

            var folded = GC.AllocateUninitializedArray<byte>(SecretKey.Bytes);
            UpstreamEcb.Fold(decoded.AsSpan(0, count), folded);
            return folded;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(decoded);
        }
    }
}
