using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace MetaService.Server.Replies;

/// <summary>
/// What tells one reply from another: the endpoint, whether secrets are masked, and the request byte for byte, its token aside.
/// Spellings that mean the same have keys of their own; what matters is that different requests never share one.
/// </summary>
internal static class ReplyKey
{
    /// <summary>Longest key; replies to longer requests are not kept.</summary>
    public const int MaxBytes = 1024;

    private const string TokenParameter = "token=";
    private const int HeadBytes = 4;

    /// <summary>Writes a key and returns its length; 0 when it would be too long.</summary>
    /// <param name="query">With the question mark, or empty.</param>
    public static int Write(
        Span<byte> key, byte endpoint, bool isMasked, ReadOnlySpan<char> query, in ReadOnlySequence<byte> body)
    {
        if (HeadBytes + ((query.Length + 1) * sizeof(char)) + body.Length > MaxBytes)
        {
            return 0;
        }

        var length = HeadBytes;
        var parameters = query.StartsWith('?') ? query[1..] : query;
        foreach (var range in parameters.Split('&'))
        {
            var parameter = parameters[range];
            if (parameter.StartsWith(TokenParameter, StringComparison.Ordinal))
            {
                continue; // Whoever sends two is not let in, so that none can hide behind another.
            }

            MemoryMarshal.AsBytes(parameter).CopyTo(key[length..]);
            length += parameter.Length * sizeof(char);
            BinaryPrimitives.WriteUInt16LittleEndian(key[length..], '&');
            length += sizeof(char);
        }

        key[0] = endpoint;
        key[1] = isMasked ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt16LittleEndian(key[2..], (ushort)length); // Where the body begins.
        body.CopyTo(key[length..]);
        return length + (int)body.Length;
    }

    /// <summary>Compares keys by content, with hashes that nobody can foresee.</summary>
    public sealed class Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly Comparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
