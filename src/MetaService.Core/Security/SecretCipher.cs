using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace MetaService.Security;

/// <summary>
/// Seals and opens single texts with AES-256-GCM. A sealed text is the base64 form of nonce (12 bytes, random), ciphertext and
/// tag (16 bytes); its place is the associated data.
/// </summary>
public static class SecretCipher
{
    /// <summary>What <c>encryption_info</c> calls this method.</summary>
    public const string Method = "AES_256_GCM";

    /// <summary>Longest text, in UTF-8 bytes: a sealed one must fit a value of the store.</summary>
    private const int MaxBytes = 100_000;

    private const int NonceBytes = GcmCipher.NonceBytes;
    private const int TagBytes = GcmCipher.TagBytes;

    /// <summary>Seals a text; twice the same text gives two different results.</summary>
    public static string Seal(SecretKey key, in SecretPlace place, string text)
    {
        var textBytes = Encoding.UTF8.GetByteCount(text);
        using var plain = new Scratch(textBytes);
        using var sealedBytes = new Scratch(NonceBytes + textBytes + TagBytes);
        using var bound = new Scratch(place.MaxBytes);
        Encoding.UTF8.GetBytes(text, plain.Span);
        var nonce = sealedBytes.Span[..NonceBytes];
        var cipher = key.RentCipher();
        cipher.TakeNonce(nonce);
        cipher.Aes.Encrypt(
            nonce,
            plain.Span,
            sealedBytes.Span.Slice(NonceBytes, textBytes),
            sealedBytes.Span[(NonceBytes + textBytes)..],
            bound.Span[..place.WriteTo(bound.Span)]);
        key.Return(cipher);
        return Convert.ToBase64String(sealedBytes.Span);
    }

    /// <summary>
    /// Opens a sealed text. Null when it was not sealed with this key for this place, or was changed since.
    /// </summary>
    public static string? Open(SecretKey key, in SecretPlace place, string sealedText)
    {
        if (sealedText.Length > 2 * MaxBytes)
        {
            return null;
        }

        using var decoded = new Scratch((sealedText.Length / 4 * 3) + 3);
        if (!Convert.TryFromBase64String(sealedText, decoded.Span, out var count) || count < NonceBytes + TagBytes)
        {
            return null;
        }

        var textBytes = count - NonceBytes - TagBytes;
        using var plain = new Scratch(textBytes);
        using var bound = new Scratch(place.MaxBytes);
        var cipher = key.RentCipher();
        try
        {
            cipher.Aes.Decrypt(
                decoded.Span[..NonceBytes],
                decoded.Span.Slice(NonceBytes, textBytes),
                decoded.Span.Slice(NonceBytes + textBytes, TagBytes),
                plain.Span,
                bound.Span[..place.WriteTo(bound.Span)]);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
        finally
        {
            key.Return(cipher);
        }

        return Encoding.UTF8.GetString(plain.Span);
    }

    /// <summary>Bytes from the pool that are cleared before they go back.</summary>
    private readonly ref struct Scratch(int length)
    {
        private readonly byte[] _rented = ArrayPool<byte>.Shared.Rent(length);

        public Span<byte> Span => _rented.AsSpan(0, length);

        public void Dispose()
        {
            CryptographicOperations.ZeroMemory(Span);
            ArrayPool<byte>.Shared.Return(_rented);
        }
    }
}
