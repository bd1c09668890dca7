using MetaService.Domain.Audit;
using MetaService.Domain.Secrets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.Domain.Vaults;

/// <summary>
/// Loads and saves vault records inside a transaction. Their secrets are sealed unless <see cref="SealedRecords"/> opens them.
/// </summary>
public static class VaultStore
{
    /// <summary>The record of a vault that the instance lists.</summary>
    /// <exception cref="InvalidDataException">It is not there.</exception>
    public static async ValueTask<StorageVaultPB> LoadAsync(
        IKvReader reader, string instanceId, string vaultId, CancellationToken cancellationToken) =>
        await reader.GetAsync(Key.StorageVault(instanceId, vaultId), cancellationToken: cancellationToken).ConfigureAwait(false)
        ?? throw new InvalidDataException($"instance {instanceId} lists vault {vaultId}, which is not stored");

    /// <summary>Writes the record, its clear secrets sealed.</summary>
    /// <exception cref="MetaServiceException">It is over what one record may hold, or its secrets cannot be sealed.</exception>
    public static ValueTask SaveAsync(
        this SealedRecords secrets,
        AuditedChange change,
        string instanceId,
        StorageVaultPB vault,
        CancellationToken cancellationToken) =>
        secrets.SetAsync(
            change, Key.StorageVault(instanceId, vault.Id), vault, NameOf(instanceId, vault), cancellationToken);

    /// <summary>Writes the record of a new vault, its clear secrets sealed.</summary>
    /// <exception cref="MetaServiceException">It is over what one record may hold, or its secrets cannot be sealed.</exception>
    public static ValueTask AddAsync(
        this SealedRecords secrets,
        AuditedChange change,
        string instanceId,
        StorageVaultPB vault,
        CancellationToken cancellationToken) =>
        secrets.AddAsync(
            change, Key.StorageVault(instanceId, vault.Id), vault, NameOf(instanceId, vault), cancellationToken);

    private static string NameOf(string instanceId, StorageVaultPB vault) => $"vault {vault.Id} of instance {instanceId}";
}
