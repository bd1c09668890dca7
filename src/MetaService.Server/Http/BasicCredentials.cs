using System.Security.Cryptography;
using System.Text;

namespace MetaService.Server.Http;

/// <summary>User and password of an HTTP basic <c>Authorization</c> header.</summary>
public readonly record struct BasicCredentials(string User, string Password)
{
    private const string Prefix = "Basic ";

    /// <summary>The credentials of a request, or null when there are none.</summary>
    public static BasicCredentials? Of(HttpRequest request)
    {
        string? header = request.Headers.Authorization;
        if (header is null || !header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var encoded = header[Prefix.Length..].Trim();
        var decoded = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, decoded, out var length))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(decoded, 0, length);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : new BasicCredentials(text[..colon], text[(colon + 1)..]);
    }

    /// <summary>Whether user and password are the expected ones, in a time that does not tell how far they agree.</summary>
    public bool Match(string user, string password) => Same(User, user) & Same(Password, password);

    private static bool Same(string a, string b) => CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(a)), SHA256.HashData(Encoding.UTF8.GetBytes(b)));
}
