using System.Security.Cryptography;
using System.Text;

namespace MetaService.Server.Http;

/// <summary>Decides whether a request carries an accepted token, as <c>?token=</c> or as <c>Authorization: Bearer</c>.</summary>
public sealed class TokenGate
{
    private const string BearerPrefix = "Bearer ";

    private readonly byte[][] _accepted;

    public TokenGate(IEnumerable<string> tokens) => _accepted = [.. tokens.Select(t => Digest(t))];

    /// <summary>
    /// Whether the request may pass. Digests of equal length are compared, all of them, so that the time taken tells neither the
    /// length nor a prefix of a token.
    /// </summary>
    public bool Admits(HttpRequest request)
    {
        if (Given(request) is not { Length: > 0 } given)
        {
            return false;
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        Digest(given, digest);
        var admitted = false;
        foreach (var accepted in _accepted)
        {
            admitted |= CryptographicOperations.FixedTimeEquals(digest, accepted);
        }

        return admitted;
    }

    private static string? Given(HttpRequest request)
    {
        if (request.Query.TryGetValue("token", out var values))
        {
            return values.Count == 1 ? values[0] : null;
        }

        string? header = request.Headers.Authorization;
        return header is not null && header.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase)
            ? header[BearerPrefix.Length..].Trim()
            : null;
    }

    private static byte[] Digest(string token)
    {
        var digest = new byte[SHA256.HashSizeInBytes];
        Digest(token, digest);
        return digest;
    }

    private static void Digest(string token, Span<byte> destination)
    {
        var count = Encoding.UTF8.GetByteCount(token);
        Span<byte> utf8 = count <= 512 ? stackalloc byte[count] : new byte[count];
        Encoding.UTF8.GetBytes(token, utf8);
        SHA256.HashData(utf8, destination);
        utf8.Clear();
    }
}
