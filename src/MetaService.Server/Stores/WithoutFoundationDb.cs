using MetaService.Server.Settings;
using MetaService.Storage;
using MetaService.Storage.FoundationDb;

namespace MetaService.Server.Stores;

/// <summary>The FoundationDB store of a build that does not have it.</summary>
internal static class FoundationDbSupport
{
    /// <exception cref="SettingsException">Always; it says how to get a build that has the store.</exception>
    public static Task<IKvStore> OpenAsync(FoundationDbKvStoreOptions options, CancellationToken cancellationToken) =>
        throw new SettingsException(
            "--store foundationdb: this build has no FoundationDB client; use the container image, or build with "
            + "'dotnet publish src/MetaService.Server -c Release -r linux-x64 -p:WithFoundationDb=true' (docs/operations.md), "
            + "or choose rocksdb or memory");
}
