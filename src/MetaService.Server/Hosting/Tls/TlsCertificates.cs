using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MetaService.Server.Hosting.Reload;
using MetaService.Server.Settings;

namespace MetaService.Server.Hosting.Tls;

/// <summary>The certificates of the listeners. New connections get those that are in the files now.</summary>
public sealed class TlsCertificates : IReloadable
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private static readonly TimeSpan Notice = TimeSpan.FromDays(14);
    private static readonly TimeSpan NoticePause = TimeSpan.FromDays(1);

    private readonly TlsOptions _options;
    private readonly TimeProvider _time;
    private readonly WatchedFiles _files;
    private volatile CertificateSet _current;
    private DateTimeOffset _noticedAt = DateTimeOffset.MinValue;

    /// <exception cref="SettingsException">The settings do not fit together, or a file does not hold what it should.</exception>
    public TlsCertificates(TlsOptions options, TimeProvider time)
    {
        Check(options);
        _options = options;
        _time = time;
        var paths = new[] { options.CertificateFile!, options.KeyFile!, options.ClientCaFile };
        _files = new WatchedFiles([.. paths.OfType<string>().Where(path => path.Length > 0)]);
        _current = CertificateSet.Load(options, _files.Read());
    }

    /// <summary>
    /// Makes sure that settings of TLS are not there in vain: without a certificate none of them does anything.
    /// </summary>
    /// <exception cref="SettingsException">They are.</exception>
    public static void CheckOff(TlsOptions options)
    {
        if (!string.IsNullOrEmpty(options.KeyFile) || !string.IsNullOrEmpty(options.ClientCaFile) ||
            options.ClientCertificate != ClientCertificateUse.None || options.ClientCertificates.Count > 0)
        {
            throw new SettingsException("settings of TLS are there without Tls:CertificateFile: set it, or remove them");
        }
    }

    /// <summary>How to greet a new connection.</summary>
    /// <param name="protocols">What may be spoken on it, the preferred first.</param>
    public SslServerAuthenticationOptions Handshake(List<SslApplicationProtocol> protocols)
    {
        var current = _current;
        var handshake = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = current.Context,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = protocols,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (_options.ClientCertificate != ClientCertificateUse.None)
        {
            handshake.ClientCertificateRequired = true;
            handshake.AllowTlsResume = false; // A resumed session is not looked at again, and authorities may have changed.
            handshake.CertificateChainPolicy = Policy(current.ClientAuthorities);
            var mayLack = _options.ClientCertificate == ClientCertificateUse.Optional;
            handshake.RemoteCertificateValidationCallback = (_, _, _, errors) =>
                errors == SslPolicyErrors.None || (errors == SslPolicyErrors.RemoteCertificateNotAvailable && mayLack);
        }

        return handshake;
    }

    /// <inheritdoc/>
    public void Reload(ILogger log)
    {
        try
        {
            if (_files.ReadIfChanged() is { } contents)
            {
                _current = CertificateSet.Load(_options, contents);
                _noticedAt = DateTimeOffset.MinValue;
                log.LogInformation(
                    "Certificates were read again; {Subject} is valid until {NotAfter:u}",
                    _current.Certificate.Subject, _current.Certificate.NotAfter.ToUniversalTime());
            }
        }
        catch (SettingsException e)
        {
            log.LogError("The certificates stay as they were: {Reason}", e.Message);
        }

        WarnOfEnd(log);
    }

    private void WarnOfEnd(ILogger log)
    {
        var now = _time.GetUtcNow();
        var end = new DateTimeOffset(_current.Certificate.NotAfter.ToUniversalTime());
        if (end - now < Notice && now - _noticedAt >= NoticePause)
        {
            _noticedAt = now;
            log.Log(
                end < now ? LogLevel.Error : LogLevel.Warning,
                "The certificate {Subject} in Tls:CertificateFile ends at {NotAfter:u}: replace it and its key",
                _current.Certificate.Subject, end);
        }
    }

    private static X509ChainPolicy Policy(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        policy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        return policy;
    }

    private static void Check(TlsOptions options)
    {
        if (string.IsNullOrEmpty(options.KeyFile))
        {
            throw new SettingsException(
                "Tls:CertificateFile is set and Tls:KeyFile is not: set it to the file with the private key");
        }

        var isAsking = options.ClientCertificate != ClientCertificateUse.None;
        if (isAsking && string.IsNullOrEmpty(options.ClientCaFile))
        {
            throw new SettingsException(
                "Tls:ClientCertificate asks for certificates that nothing can check: " +
                "set Tls:ClientCaFile to the authorities that sign them");
        }

        if (!isAsking && (!string.IsNullOrEmpty(options.ClientCaFile) || options.ClientCertificates.Count > 0))
        {
            throw new SettingsException(
                "Tls:ClientCaFile or Tls:ClientCertificates is set and clients are not asked for certificates: " +
                "set Tls:ClientCertificate to optional or required");
        }
    }
}
