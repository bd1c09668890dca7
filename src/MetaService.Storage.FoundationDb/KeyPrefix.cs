using System.Text;
using MetaService.Keys;

namespace MetaService.Storage.FoundationDb;

/// <summary>The bytes that every key of the store begins with in the cluster; callers of the store never see them.</summary>
internal sealed class KeyPrefix
{
    private readonly byte[] _bytes;

    /// <param name="prefix">Text, so that it cannot lead to FoundationDB's own keys, which begin with 0xFF.</param>
    /// <exception cref="ArgumentException">It leaves keys too little room.</exception>
    public KeyPrefix(string prefix)
    {
        _bytes = Encoding.UTF8.GetBytes(prefix);
        if (_bytes.Length > KvLimits.KeyBytes / 2)
        {
            throw new ArgumentException($"a key prefix of {_bytes.Length} bytes is over {KvLimits.KeyBytes / 2}", nameof(prefix));
        }
    }

    /// <summary>Bytes of the prefix.</summary>
    public int Length => _bytes.Length;

    /// <summary>All keys of the store.</summary>
    public KeyRange All => new(_bytes, [.. _bytes, KvLimits.ReservedFirstByte]);

    /// <summary>The key in the cluster, or the end of a range there.</summary>
    /// <exception cref="KvException">With the prefix it is too long.</exception>
    public ReadOnlyMemory<byte> Add(ReadOnlyMemory<byte> key)
    {
        if (_bytes.Length == 0)
        {
            return key;
        }

        if (_bytes.Length + key.Length > KvLimits.KeyBytes)
        {
            throw new KvException(
                KvError.TooLarge,
                $"key of {key.Length} bytes is over the limit of {KvLimits.KeyBytes - _bytes.Length} under a prefix of {_bytes.Length}");
        }

        var prefixed = new byte[_bytes.Length + key.Length];
        _bytes.CopyTo(prefixed, 0);
        key.Span.CopyTo(prefixed.AsSpan(_bytes.Length));
        return prefixed;
    }

    /// <summary>The key as callers know it.</summary>
    public byte[] Remove(ReadOnlySpan<byte> prefixed) => prefixed[_bytes.Length..].ToArray();
}
