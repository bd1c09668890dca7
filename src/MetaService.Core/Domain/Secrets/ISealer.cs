using System.Security.Cryptography;
using MetaService.Records.Cloud;
using MetaService.Security;

namespace MetaService.Domain.Secrets;

/// <summary>Seals pairs of keys, all with one method and key.</summary>
internal interface ISealer : IDisposable
{
    string Method { get; }

    long KeyId { get; }

    /// <summary>Seals a clear pair.</summary>
    void Seal(in SecretPart part);
}

internal static class Sealers
{
    /// <summary>Whether a pair must be sealed, or sealed anew, to be as this sealer leaves it.</summary>
    public static bool IsStale(this ISealer sealer, IAccessKeyPair pair) =>
        pair.HasSecrets()
        && (pair.EncryptionInfo is not { } info || info.EncryptionMethod != sealer.Method || info.KeyId != sealer.KeyId);

    /// <summary>What a pair says once it is sealed.</summary>
    public static EncryptionInfoPB Info(this ISealer sealer) => new() { EncryptionMethod = sealer.Method, KeyId = sealer.KeyId };
}

/// <summary>Seals ak and sk with a key of the server's.</summary>
internal sealed class GcmSealer(SecretKey key) : ISealer
{
    public string Method => SecretCipher.Method;

    public long KeyId => key.Id;

    public void Seal(in SecretPart part)
    {
        if (part.Keys.Ak.Length > 0)
        {
            part.Keys.Ak = SecretCipher.Seal(key, part.AkPlace, part.Keys.Ak);
        }

        if (part.Keys.Sk.Length > 0)
        {
            part.Keys.Sk = SecretCipher.Seal(key, part.SkPlace, part.Keys.Sk);
        }

        part.Keys.EncryptionInfo = this.Info();
    }

    public void Dispose()
    {
        // The key belongs to the keyring.
    }
}

/// <summary>Seals the sk as upstream does and leaves the ak clear.</summary>
/// <param name="key">32 bytes, which are cleared in the end.</param>
internal sealed class UpstreamSealer(long keyId, byte[] key) : ISealer
{
    public string Method => UpstreamEcb.Method;

    public long KeyId => keyId;

    public void Seal(in SecretPart part)
    {
        if (part.Keys.Sk.Length > 0)
        {
            part.Keys.Sk = UpstreamEcb.Seal(key, part.Keys.Sk);
        }

        part.Keys.EncryptionInfo = this.Info();
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(key);
}
