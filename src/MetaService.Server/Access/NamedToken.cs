using System.Security.Cryptography;
using System.Text;

namespace MetaService.Server.Access;

/// <summary>A token that is accepted. Only its digest is kept, so that neither settings nor memory give it away.</summary>
/// <param name="Name">What logs and messages call it.</param>
/// <param name="Scopes">What its bearer may do.</param>
/// <param name="Digest">SHA-256 of the token's UTF-8 text.</param>
public sealed record NamedToken(string Name, Scopes Scopes, ReadOnlyMemory<byte> Digest)
{
    /// <summary>SHA-256 of a token's UTF-8 text.</summary>
    public static byte[] DigestOf(string token)
    {
        var digest = new byte[SHA256.HashSizeInBytes];
        DigestOf(token, digest);
        return digest;
    }

    /// <summary>Writes the SHA-256 of a token's UTF-8 text.</summary>
    public static void DigestOf(string token, Span<byte> destination)
    {
        var count = Encoding.UTF8.GetByteCount(token);
        Span<byte> utf8 = count <= 512 ? stackalloc byte[count] : new byte[count];
        Encoding.UTF8.GetBytes(token, utf8);
        SHA256.HashData(utf8, destination);
        utf8.Clear();
    }

    /// <summary>The name alone: a digest belongs into no log either.</summary>
    public override string ToString() => Name;
}
