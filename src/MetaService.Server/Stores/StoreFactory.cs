using MetaService.Server.Settings;
using MetaService.Storage;
using MetaService.Storage.RocksDb;

namespace MetaService.Server.Stores;

/// <summary>Opens the store that the settings name.</summary>
public static class StoreFactory
{
    /// <summary>Opens the store; the caller disposes it.</summary>
    /// <param name="mustExist">Whether a data directory without a store is refused instead of made one.</param>
    /// <exception cref="SettingsException">There is no such store, or none that could exist.</exception>
    /// <exception cref="StoreOpenException">The store refuses; nothing was touched.</exception>
    public static async Task<IKvStore> OpenAsync(
        ServerOptions options, TimeProvider time, bool mustExist = false, CancellationToken cancellationToken = default)
    {
        return options.Store switch
        {
            "rocksdb" => RocksDbKvStore.Open(
                new RocksDbKvStoreOptions { Directory = Path.GetFullPath(options.Data), MustExist = mustExist }, time),
            "memory" when mustExist => throw new SettingsException("--store memory: such a store ends with its server"),
            "memory" => new InMemoryKvStore(time),
            "foundationdb" => await FoundationDbSupport.OpenAsync(options.FoundationDb, cancellationToken).ConfigureAwait(false),
            _ => throw new SettingsException($"--store: '{options.Store}' is not one of rocksdb, memory, foundationdb"),
        };
    }
}
