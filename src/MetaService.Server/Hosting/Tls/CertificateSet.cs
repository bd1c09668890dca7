using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MetaService.Server.Settings;

namespace MetaService.Server.Hosting.Tls;

/// <summary>What the certificate files hold at one moment.</summary>
/// <param name="Certificate">The certificate of this server.</param>
/// <param name="Context">The same with its key and the certificates that lead to its root, ready for handshakes.</param>
/// <param name="ClientAuthorities">Who signs the client certificates that are believed.</param>
public sealed record CertificateSet(
    X509Certificate2 Certificate, SslStreamCertificateContext Context, X509Certificate2Collection ClientAuthorities)
{
    /// <summary>Reads the certificates out of the content of their files.</summary>
    /// <param name="options">Which files these are.</param>
    /// <param name="contents">Certificate, key and, if it is set, the file of authorities.</param>
    /// <exception cref="SettingsException">A file holds something else, or key and certificate are no pair.</exception>
    public static CertificateSet Load(TlsOptions options, IReadOnlyList<byte[]> contents)
    {
        var chain = Certificates(contents[0], $"Tls:CertificateFile {options.CertificateFile}");
        var certificate = Pair(options, Encoding.UTF8.GetString(contents[0]), Encoding.UTF8.GetString(contents[1]));
        chain.RemoveAt(0);
        var authorities = contents.Count > 2 ? Certificates(contents[2], $"Tls:ClientCaFile {options.ClientCaFile}") : [];
        var context = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        return new CertificateSet(certificate, context, authorities);
    }

    private static X509Certificate2Collection Certificates(byte[] pem, string place)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(Encoding.UTF8.GetString(pem));
        }
        catch (CryptographicException)
        {
            throw new SettingsException($"{place} holds a damaged certificate");
        }

        return certificates.Count > 0 ? certificates : throw new SettingsException($"{place} holds no certificate in PEM form");
    }

    private static X509Certificate2 Pair(TlsOptions options, string certificate, string key)
    {
        try
        {
            return string.IsNullOrEmpty(options.KeyPassword)
                ? X509Certificate2.CreateFromPem(certificate, key)
                : X509Certificate2.CreateFromEncryptedPem(certificate, key, options.KeyPassword);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new SettingsException(
                $"Tls:KeyFile {options.KeyFile} holds no private key in PEM form that belongs to the first certificate of " +
                $"{options.CertificateFile}, or Tls:KeyPassword is not its password");
        }
    }
}
