using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace MetaService.Security;

/// <summary>A 256-bit key with its id. Its bytes leave it only into ciphers of this namespace.</summary>
public sealed class SecretKey
{
    /// <summary>How long a key is.</summary>
    public const int Bytes = 32;

    // Pinned, so that the collector does not leave copies behind when it moves things.
    private readonly byte[] _material = GC.AllocateUninitializedArray<byte>(Bytes, pinned: true);

    // A cipher is for one thread at a time, and to make one costs as much as to use it.
    private readonly ConcurrentBag<GcmCipher> _ciphers = [];

    /// <param name="id">1 or more.</param>
    /// <param name="material">32 bytes; they are copied, and the caller clears them.</param>
    public SecretKey(long id, ReadOnlySpan<byte> material)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(id);
        ArgumentOutOfRangeException.ThrowIfNotEqual(material.Length, Bytes);
        Id = id;
        material.CopyTo(_material);
    }

    /// <summary>What records name the key by.</summary>
    public long Id { get; }

    /// <summary>The bytes themselves, for the text form of the key only.</summary>
    internal ReadOnlySpan<byte> Material => _material;

    /// <summary>A cipher with this key, to be given back.</summary>
    internal GcmCipher RentCipher() => _ciphers.TryTake(out var cipher) ? cipher : new GcmCipher(_material);

    /// <summary>Takes a rented cipher back.</summary>
    internal void Return(GcmCipher cipher) => _ciphers.Add(cipher);

    /// <summary>A new random key.</summary>
    public static SecretKey Generate(long id)
    {
        Span<byte> material = stackalloc byte[Bytes];
        try
        {
            RandomNumberGenerator.Fill(material);
            return new SecretKey(id, material);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(material);
        }
    }

    /// <summary>Whether another key has the same bytes, in a time that does not tell how far they agree.</summary>
    public bool HasSameMaterial(SecretKey other) => CryptographicOperations.FixedTimeEquals(_material, other._material);

    /// <summary>The id; never the bytes.</summary>
    public override string ToString() => $"key {Id}";
}
