using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MetaService.Server.Settings;

namespace MetaService.Server.Access;

/// <summary>Which client certificates stand for which token. Only certificates that TLS has verified get here.</summary>
public sealed class ClientCertificateTokens
{
    private const string Setting = "Tls:ClientCertificates";

    private readonly FrozenDictionary<string, string> _byFingerprint;
    private readonly FrozenDictionary<string, string> _bySubject;

    /// <exception cref="SettingsException">An entry is incomplete or malformed, or names a token that does not exist.</exception>
    public ClientCertificateTokens(TlsOptions options, TokenTable tokens)
    {
        var byFingerprint = new Dictionary<string, string>(StringComparer.Ordinal);
        var bySubject = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (index, entry) in options.ClientCertificates.Index())
        {
            var place = $"{Setting}: entry {index + 1}";
            if (string.IsNullOrEmpty(entry.Subject) == string.IsNullOrEmpty(entry.Sha256))
            {
                throw new SettingsException($"{place}: either Subject or Sha256 must be set");
            }

            if (tokens.Named(entry.Token) is null)
            {
                throw new SettingsException(
                    $"{place}: Token must be the name of one of the tokens ({string.Join(", ", tokens.Names)}), " +
                    "whose scopes then hold");
            }

            var isNew = entry.Sha256 is { Length: > 0 } fingerprint
                ? byFingerprint.TryAdd(Fingerprint(fingerprint, place), entry.Token)
                : bySubject.TryAdd(Subject(entry.Subject!, place), entry.Token);
            if (!isNew)
            {
                throw new SettingsException($"{place}: the same certificate is listed twice");
            }
        }

        _byFingerprint = byFingerprint.ToFrozenDictionary(StringComparer.Ordinal);
        _bySubject = bySubject.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>The name of the token that a certificate stands for, or null. A fingerprint goes before a subject.</summary>
    public string? TokenOf(X509Certificate2 certificate)
    {
        if (_byFingerprint.Count > 0 &&
            _byFingerprint.TryGetValue(certificate.GetCertHashString(HashAlgorithmName.SHA256), out var token))
        {
            return token;
        }

        return _bySubject.Count > 0 ? _bySubject.GetValueOrDefault(certificate.SubjectName.Name) : null;
    }

    private static string Fingerprint(string text, string place)
    {
        var digits = text.Replace(":", "", StringComparison.Ordinal).ToUpperInvariant();
        return digits.Length == SHA256.HashSizeInBytes * 2 && digits.All(char.IsAsciiHexDigit)
            ? digits
            : throw new SettingsException(
                $"{place}: Sha256 must be 64 hex digits, as 'openssl x509 -fingerprint -sha256' prints them");
    }

    // Written anew from its parts, so that spaces after commas make no difference.
    private static string Subject(string text, string place)
    {
        try
        {
            return new X500DistinguishedName(new X500DistinguishedName(text).RawData).Name;
        }
        catch (CryptographicException)
        {
            throw new SettingsException($"{place}: Subject must be a distinguished name such as CN=platform, O=Example");
        }
    }
}
