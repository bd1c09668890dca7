using System.Collections.Frozen;
using System.Security.Cryptography;

namespace MetaService.Server.Access;

/// <summary>The tokens that are accepted at one moment.</summary>
public sealed class TokenTable
{
    private readonly NamedToken[] _tokens;
    private readonly FrozenDictionary<string, NamedToken> _byName;

    /// <param name="tokens">Tokens of different names.</param>
    public TokenTable(IEnumerable<NamedToken> tokens)
    {
        _tokens = [.. tokens];
        _byName = _tokens.ToFrozenDictionary(t => t.Name, StringComparer.Ordinal);
    }

    /// <summary>How many tokens there are.</summary>
    public int Count => _tokens.Length;

    /// <summary>All names, for logs.</summary>
    public IEnumerable<string> Names => _tokens.Select(t => t.Name);

    /// <summary>The token of a name, or null.</summary>
    public NamedToken? Named(string name) => _byName.GetValueOrDefault(name);

    /// <summary>
    /// The token that was presented, or null. Digests are compared with all entries, whichever matches, so that the time taken
    /// tells neither how far a guess agrees nor how many tokens it was compared with.
    /// </summary>
    public NamedToken? Find(string? presented)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        NamedToken.DigestOf(presented ?? "", digest);
        NamedToken? found = null;
        foreach (var token in _tokens)
        {
            found = CryptographicOperations.FixedTimeEquals(digest, token.Digest.Span) ? token : found;
        }

        return string.IsNullOrEmpty(presented) ? null : found;
    }
}
