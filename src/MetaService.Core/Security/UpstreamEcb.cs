using System.Security.Cryptography;
using System.Text;

namespace MetaService.Security;

/// <summary>
/// The way in which upstream seals an sk: AES-256 in ECB mode with PKCS7 padding, in base64. It shows which secrets are equal,
/// does not notice changes, and leaves the ak clear; it is for stores that upstream works on too.
/// </summary>
public static class UpstreamEcb
{
    /// <summary>What <c>encryption_info</c> calls this method.</summary>
    public const string Method = "AES_256_ECB";

    /// <summary>Folds a key of any length to 32 bytes, which are written over with the XOR of all its blocks of 32.</summary>
    public static void Fold(ReadOnlySpan<byte> key, Span<byte> folded)
    {
        folded[..SecretKey.Bytes].Clear();
        for (var i = 0; i < key.Length; i++)
        {
            folded[i % SecretKey.Bytes] ^= key[i];
        }
    }

    /// <summary>Seals a text.</summary>
    /// <param name="key">32 bytes.</param>
    public static string Seal(ReadOnlySpan<byte> key, string text)
    {
        using var aes = Aes.Create();
        aes.SetKey(key);
        var plain = Encoding.UTF8.GetBytes(text);
        try
        {
            return Convert.ToBase64String(aes.EncryptEcb(plain, PaddingMode.PKCS7));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <summary>Opens a sealed text; null when it is not one, as far as the padding tells.</summary>
    /// <param name="key">32 bytes.</param>
    public static string? Open(ReadOnlySpan<byte> key, string sealedText)
    {
        var decoded = new byte[sealedText.Length];
        if (!Convert.TryFromBase64String(sealedText, decoded, out var count))
        {
            return null;
        }

        using var aes = Aes.Create();
        aes.SetKey(key);
        var plain = new byte[count];
        try
        {
            return aes.TryDecryptEcb(decoded.AsSpan(0, count), plain, PaddingMode.PKCS7, out var length)
                ? Encoding.UTF8.GetString(plain, 0, length)
                : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }
}
