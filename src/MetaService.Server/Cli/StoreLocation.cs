using MetaService.Server.Settings;
using MetaService.Server.Stores;
using MetaService.Storage;

namespace MetaService.Server.Cli;

/// <summary>A store named in one word: <c>rocksdb:DIR</c> or <c>foundationdb:CLUSTER_FILE</c>.</summary>
/// <param name="Kind">The store's kind as <c>--store</c> takes it.</param>
/// <param name="Path">Its directory or cluster file.</param>
/// <param name="KeyPrefix">The key prefix in a cluster; null for the one in the settings.</param>
public sealed record StoreLocation(string Kind, string Path, string? KeyPrefix = null)
{
    /// <summary>Whether others may use the store at the same time.</summary>
    public bool IsShared => Kind == "foundationdb";

    /// <exception cref="SettingsException">The text names no store; the message shows how to.</exception>
    public static StoreLocation Parse(string option, string text, string? keyPrefix = null) =>
        text.Split(':', 2) is ["rocksdb" or "foundationdb", { Length: > 0 } path]
            ? new StoreLocation(text[..text.IndexOf(':', StringComparison.Ordinal)], path, keyPrefix)
            : throw new SettingsException($"{option}: '{text}' is not rocksdb:DIR or foundationdb:CLUSTER_FILE");

    /// <summary>Opens the store; the caller disposes it.</summary>
    /// <param name="configFile">Where further settings are, as for <c>serve</c>.</param>
    /// <param name="mustExist">Whether a data directory without a store is refused instead of made one.</param>
    /// <exception cref="SettingsException">The settings make no sense.</exception>
    /// <exception cref="StoreOpenException">The store refuses.</exception>
    public Task<IKvStore> OpenAsync(string? configFile, bool mustExist, CancellationToken cancellationToken)
    {
        var options = SettingsLoader.Load(configFile, []);
        options.Store = Kind;
        options.Data = Path;
        options.FoundationDb.ClusterFile = Path;
        options.FoundationDb.ConnectionString = null;
        options.FoundationDb.KeyPrefix = KeyPrefix ?? options.FoundationDb.KeyPrefix;
        return StoreFactory.OpenAsync(options, TimeProvider.System, mustExist, cancellationToken);
    }
}
