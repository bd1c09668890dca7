using System.Runtime.InteropServices;
using FoundationDB.Client;

namespace MetaService.Storage.FoundationDb;

/// <summary>
/// The network thread of the client, which a process starts once and cannot start again; the client stops it at the end of the process.
/// </summary>
internal static class FoundationDbNetwork
{
    /// <summary>Which of its versions the client is to behave like; servers are 7.3 or newer.</summary>
    private const int ApiVersion = 730;

    private static readonly Lock Starting = new();
    private static Settings? _started;

    /// <summary>Starts the client with the library, trace and TLS settings of the options.</summary>
    /// <exception cref="StoreOpenException">The native library is missing or unfit, or other settings are in use.</exception>
    public static void Start(FoundationDbKvStoreOptions options)
    {
        var settings = Settings.Of(options);
        lock (Starting)
        {
            if (_started is not null)
            {
                if (_started != settings)
                {
                    throw Refused("the client of this process already runs with other library, trace or TLS settings");
                }

                return;
            }

            CheckFiles(settings);
            try
            {
                Apply(settings);
                Fdb.Start(ApiVersion);
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or TypeInitializationException)
            {
                throw Refused(
                    "the native client library libfdb_c.so cannot be loaded: install FoundationDB's client package (7.3), put the library "
                    + "beside the application, or name it in FoundationDb:NativeLibrary",
                    e);
            }
            catch (Exception e) when (e is FdbException or ArgumentException)
            {
                throw Refused($"the client cannot start: {e.Message}", e);
            }

            _started = settings;
        }
    }

    private static void Apply(Settings settings)
    {
        if (settings.NativeLibrary is { } path)
        {
            NativeLibrary.SetDllImportResolver(
                typeof(Fdb).Assembly, (name, _, _) => name == "fdb_c" ? NativeLibrary.Load(path) : IntPtr.Zero);
        }

        if (settings.TraceDirectory is { } directory)
        {
            Fdb.Options.SetTracePath(directory);
        }

        if (settings.CertificateFile is { } certificate)
        {
            Fdb.Options.SetTlsCertificate(certificate);
        }

        if (settings.KeyFile is { } key)
        {
            Fdb.Options.SetTlsPrivateKey(key, settings.KeyPassword);
        }

        if (settings.VerifyPeers is { } pattern)
        {
            Fdb.Options.SetTlsVerificationPattern(Slice.FromString(pattern));
        }

        if (settings.CaFile is { } authorities && SetNativeEnvironment("FDB_TLS_CA_FILE", authorities, overwrite: 1) != 0)
        {
            throw Refused("the file of certificate authorities cannot be passed on to the client");
        }
    }

    /// <summary>
    /// The one setting that FoundationDB.Client has no method for. The native client reads it from the environment of the process, which
    /// <see cref="Environment.SetEnvironmentVariable(string, string)"/> does not change on Unix.
    /// </summary>
    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetNativeEnvironment(string name, string value, int overwrite);

    private static void CheckFiles(Settings settings)
    {
        foreach (var file in new[] { settings.NativeLibrary, settings.CertificateFile, settings.KeyFile, settings.CaFile })
        {
            if (file is not null && !File.Exists(file))
            {
                throw Refused($"the file {file} does not exist");
            }
        }
    }

    private static StoreOpenException Refused(string message, Exception? inner = null) => new("foundationdb", message, inner);

    /// <summary>What is fixed for the life of the process.</summary>
    private sealed record Settings(
        string? NativeLibrary,
        string? TraceDirectory,
        string? CertificateFile,
        string? KeyFile,
        string? KeyPassword,
        string? CaFile,
        string? VerifyPeers)
    {
        public static Settings Of(FoundationDbKvStoreOptions options) => new(
            Path(options.NativeLibrary),
            Path(options.TraceDirectory),
            Path(options.Tls.CertificateFile),
            Path(options.Tls.KeyFile),
            options.Tls.KeyPassword,
            Path(options.Tls.CaFile),
            string.IsNullOrEmpty(options.Tls.VerifyPeers) ? null : options.Tls.VerifyPeers);

        private static string? Path(string? path) => string.IsNullOrEmpty(path) ? null : System.IO.Path.GetFullPath(path);
    }
}
