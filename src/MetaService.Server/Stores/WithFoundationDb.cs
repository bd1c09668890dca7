using MetaService.Storage;
using MetaService.Storage.FoundationDb;

namespace MetaService.Server.Stores;

/// <summary>The FoundationDB store of a build that has it.</summary>
internal static class FoundationDbSupport
{
    /// <exception cref="StoreOpenException">The settings are wrong, the native client is missing, or the cluster does not answer.</exception>
    public static async Task<IKvStore> OpenAsync(FoundationDbKvStoreOptions options, CancellationToken cancellationToken) =>
        await FoundationDbKvStore.OpenAsync(options, cancellationToken).ConfigureAwait(false);
}
