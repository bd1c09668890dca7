using System.Buffers.Binary;
using System.Security.Cryptography;
using MetaService.Storage;

namespace MetaService.Maintenance.Copying;

/// <summary>
/// A checksum over pairs in key order that can be interrupted after any pair: each step hashes the state before it, so that the 32
/// bytes of the last step are all there is to keep. It does not depend on how the pairs were paged.
/// </summary>
public sealed class StoreChecksum
{
    private readonly byte[] _state;

    /// <summary>The checksum of no pairs.</summary>
    public StoreChecksum()
        : this(new byte[SHA256.HashSizeInBytes])
    {
    }

    /// <param name="state">What <see cref="State"/> was after the last pair.</param>
    public StoreChecksum(ReadOnlySpan<byte> state)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(state.Length, SHA256.HashSizeInBytes);
        _state = state.ToArray();
    }

    /// <summary>The 32 bytes after the last pair.</summary>
    public ReadOnlySpan<byte> State => _state;

    /// <summary>Adds the next pair.</summary>
    public void Add(KvPair pair)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(_state);
        Append(hash, pair.Key);
        Append(hash, pair.Value);
        hash.GetHashAndReset(_state);
    }

    /// <summary>The state in hex, after the name of the hash.</summary>
    public override string ToString() => $"sha256:{Convert.ToHexStringLower(_state)}";

    private static void Append(IncrementalHash hash, byte[] bytes)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
