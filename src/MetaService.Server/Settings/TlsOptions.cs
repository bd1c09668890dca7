namespace MetaService.Server.Settings;

/// <summary>Encryption of the listeners. With a certificate all of them speak TLS, without one none does.</summary>
public sealed class TlsOptions
{
    /// <summary>PEM file with the certificate of this server, followed by those that lead to its root, if any.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>PEM file with its private key.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Password of the key file, if it is encrypted.</summary>
    public string? KeyPassword { get; set; }

    /// <summary>PEM file with the authorities whose client certificates are believed.</summary>
    public string? ClientCaFile { get; set; }

    /// <summary>Whether clients show a certificate.</summary>
    public ClientCertificateUse ClientCertificate { get; set; }

    /// <summary>Which client certificates stand for which token.</summary>
    public IList<ClientCertificateEntry> ClientCertificates { get; init; } = [];

    /// <summary>Whether the listeners speak TLS.</summary>
    public bool IsOn => !string.IsNullOrEmpty(CertificateFile);
}

/// <summary>Whether clients show a certificate.</summary>
public enum ClientCertificateUse
{
    /// <summary>They are not asked for one.</summary>
    None,

    /// <summary>They may; one that is not believed ends the connection.</summary>
    Optional,

    /// <summary>Without one that is believed there is no connection.</summary>
    Required,
}

/// <summary>A client certificate, named in one of two ways, that makes its bearer count as the bearer of a token.</summary>
public sealed class ClientCertificateEntry
{
    /// <summary>The distinguished name of its subject, such as <c>CN=platform, O=Example</c>.</summary>
    public string? Subject { get; set; }

    /// <summary>Its SHA-256 fingerprint, 64 hex digits, colons allowed.</summary>
    public string? Sha256 { get; set; }

    /// <summary>Name of the token.</summary>
    public string Token { get; set; } = "";
}
