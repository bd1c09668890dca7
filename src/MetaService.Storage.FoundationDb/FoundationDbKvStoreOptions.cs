namespace MetaService.Storage.FoundationDb;

/// <summary>Which cluster to use, which part of it, and how.</summary>
public sealed class FoundationDbKvStoreOptions
{
    /// <summary>Where FoundationDB's own tools look for a cluster file.</summary>
    public const string DefaultClusterFile = "/etc/foundationdb/fdb.cluster";

    /// <summary>
    /// Path of the cluster file. The client follows the coordinators when they move and notes the new ones in the file; when the file is
    /// changed by others and no coordinator that it knows answers, it takes the new ones from there.
    /// </summary>
    public string ClusterFile { get; set; } = DefaultClusterFile;

    /// <summary>The content of a cluster file, such as <c>desc:id@10.0.0.1:4500</c>; when given, no file is read or written.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// What every key in the cluster begins with, as text; empty for none. Keys may be shorter by this much. A store shared with
    /// upstream has none.
    /// </summary>
    public string KeyPrefix { get; set; } = "";

    /// <summary>
    /// Longest life of one transaction, reads and commit together, before it fails as unreachable. Above the five seconds after which the
    /// cluster itself calls a transaction too old, so that the two are told apart.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a start waits for the cluster to answer.</summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Path of <c>libfdb_c.so</c>; null to look beside the application and where the system keeps libraries.</summary>
    public string? NativeLibrary { get; set; }

    /// <summary>A directory for the trace files of the client, to find out why a cluster cannot be reached; null for none.</summary>
    public string? TraceDirectory { get; set; }

    /// <summary>TLS to the cluster; its addresses end in <c>:tls</c> then.</summary>
    public FoundationDbTlsOptions Tls { get; init; } = new();
}

/// <summary>TLS of the connections to the cluster, mutual as FoundationDB has it.</summary>
public sealed class FoundationDbTlsOptions
{
    /// <summary>PEM file of this client's certificate and those between it and the authority.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>PEM file of the private key.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Password of the private key, if it is encrypted.</summary>
    public string? KeyPassword { get; set; }

    /// <summary>PEM file of the authorities to trust; null for the system's.</summary>
    public string? CaFile { get; set; }

    /// <summary>What peers must be, in FoundationDB's words, such as <c>Check.Valid=1,S.CN=fdb.example.com</c>; null for the default.</summary>
    public string? VerifyPeers { get; set; }
}
