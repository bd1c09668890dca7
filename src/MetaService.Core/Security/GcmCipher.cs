using System.Security.Cryptography;

namespace MetaService.Security;

/// <summary>AES-256-GCM with one key and random nonces. For one thread at a time.</summary>
/// <param name="key">32 bytes.</param>
internal sealed class GcmCipher(ReadOnlySpan<byte> key)
{
    public const int NonceBytes = 12;
    public const int TagBytes = 16;

    // To ask for twelve random bytes costs as much as to seal with them, for many times as many hardly more.
    private readonly byte[] _nonces = new byte[64 * NonceBytes];
    private int _taken = int.MaxValue;

    public AesGcm Aes { get; } = new(key, TagBytes);

    /// <summary>A random nonce that was not taken before.</summary>
    public void TakeNonce(Span<byte> nonce)
    {
        if (_taken >= _nonces.Length)
        {
            RandomNumberGenerator.Fill(_nonces);
            _taken = 0;
        }

        _nonces.AsSpan(_taken, NonceBytes).CopyTo(nonce);
        _taken += NonceBytes;
    }
}
