using System.Security.Cryptography;
using System.Text;
using MetaService.Security;
using MetaService.Server.Settings;
using MetaService.Storage.RocksDb;

namespace MetaService.Server.Secrets;

/// <summary>Chooses where the keys come from.</summary>
public static class KeySources
{
    /// <summary>The source that the settings name, or the one that the kind of store has by itself.</summary>
    /// <exception cref="SettingsException">Several are named, or none where one is needed.</exception>
    public static IKeySource Create(ServerOptions options)
    {
        var secrets = options.Secrets;
        if (new[] { secrets.KeyFile, secrets.Keys, secrets.KeyCommand }.Count(s => !string.IsNullOrWhiteSpace(s)) > 1)
        {
            throw new SettingsException("Secrets: set one of KeyFile, Keys and KeyCommand, not several");
        }

        if (secrets.ReloadInterval <= TimeSpan.Zero || secrets.KeyCommandTimeout <= TimeSpan.Zero)
        {
            throw new SettingsException("Secrets: ReloadInterval and KeyCommandTimeout must be above 00:00:00");
        }

        if (!string.IsNullOrWhiteSpace(secrets.KeyFile))
        {
            return new KeyFileSource(Path.GetFullPath(secrets.KeyFile), secrets.ReloadInterval, mayCreate: false);
        }

        if (!string.IsNullOrWhiteSpace(secrets.Keys))
        {
            return new KeyTextSource(secrets.Keys);
        }

        if (!string.IsNullOrWhiteSpace(secrets.KeyCommand))
        {
            return new KeyCommandSource(secrets);
        }

        return options.Store switch
        {
            "rocksdb" => new KeyFileSource(
                Path.Combine(Path.GetFullPath(options.Data), RocksDbKvStoreOptions.KeyFileName),
                secrets.ReloadInterval,
                mayCreate: true),
            "memory" => new RandomKeySource(),
            _ => new NoKeySource(),
        };
    }
}

/// <summary>Keys in a file.</summary>
/// <param name="mayCreate">Whether the first key is made if there is no file.</param>
public sealed class KeyFileSource(string path, TimeSpan reloadInterval, bool mayCreate) : IKeySource
{
    public string Name => KeyFile.NameOf(path);

    public TimeSpan? ReloadInterval => reloadInterval;

    public Task<SecretKeyring?> LoadAsync(CancellationToken cancellationToken) =>
        KeyFile.Read(path) is { } keyring ? Task.FromResult<SecretKeyring?>(keyring)
        : mayCreate ? Task.FromResult<SecretKeyring?>(null)
        : throw new SecretKeyException(
            $"{Name} is missing; to make one for a new store: metaservice secrets new-key --file {path}");

    public Task<SecretKeyring> CreateAsync(CancellationToken cancellationToken) => Task.FromResult(KeyFile.Create(path));
}

/// <summary>Keys in a setting, such as an environment variable.</summary>
public sealed class KeyTextSource(string text) : IKeySource
{
    public string Name => "the setting Secrets:Keys";

    public TimeSpan? ReloadInterval => null;

    public Task<SecretKeyring?> LoadAsync(CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        try
        {
            return Task.FromResult<SecretKeyring?>(KeyringText.Parse(bytes, Name));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}

/// <summary>A random key for a store that does not outlive the process.</summary>
public sealed class RandomKeySource : IKeySource
{
    private readonly SecretKey _key = SecretKey.Generate(1);

    public string Name => "the key of this process";

    public TimeSpan? ReloadInterval => null;

    public Task<SecretKeyring?> LoadAsync(CancellationToken cancellationToken) =>
        Task.FromResult<SecretKeyring?>(new SecretKeyring([_key], _key.Id));
}

/// <summary>No keys: enough for a store that is shared with upstream and sealed as upstream does it.</summary>
public sealed class NoKeySource : IKeySource
{
    public string Name => "this server";

    public TimeSpan? ReloadInterval => null;

    public Task<SecretKeyring?> LoadAsync(CancellationToken cancellationToken) => Task.FromResult<SecretKeyring?>(null);

    public Task<SecretKeyring> CreateAsync(CancellationToken cancellationToken) => throw new SecretKeyException(
        "a store that servers share needs keys to seal ak and sk with, the same ones on each: make a file with "
        + "'metaservice secrets new-key --file secrets.key', copy it to every server and name it in the setting Secrets:KeyFile "
        + "(METASERVICE__SECRETS__KEYFILE); see docs/operations.md");
}
