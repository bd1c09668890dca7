using MetaService.Domain.Vaults;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.Domain.Tablets;

/// <summary>Creates, changes and reads tablets.</summary>
public sealed class TabletService(TransactionRunner runner)
{
    // What one transaction takes of a create_tablets request: far from the limits on its size and its age.
    private const int BatchTablets = 500;
    private const int BatchBytes = 4_000_000;

    /// <summary>
    /// Creates tablets, all in one transaction up to 500 tablets and 4 MB of descriptions. A larger request is worked off in such
    /// steps, in order; when one fails, the request can be sent again: a tablet that is there already, with the same ids and
    /// schema version, is left as it is.
    /// </summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range, or there is no such vault; ALREADY_EXISTED: the id belongs to
    /// another tablet; TABLET_NOT_FOUND: the index or partition has been dropped.
    /// </exception>
    public async Task<CreateTabletsResponse> CreateTabletsAsync(CreateTabletsRequest request, CancellationToken cancellationToken)
    {
        if (request.TabletMetas.Count == 0)
        {
            throw Errors.Missing("tablet_metas");
        }

        TabletArguments.Id(request.DbId, "db_id");
        var tablets = request.TabletMetas.Select(meta => TabletRules.Create(meta, request.DbId)).ToList();
        var response = new CreateTabletsResponse();
        foreach (var batch in Batches(tablets))
        {
            response = await runner.ChangeDataAsync(
                request.CloudUniqueId,
                async (transaction, instance, token) =>
                {
                    var vault = FindVault(instance, request.StorageVaultName);
                    await CreateAsync(transaction, instance.InstanceId, batch, token).ConfigureAwait(false);
                    return vault;
                },
                cancellationToken).ConfigureAwait(false);
        }

        return response;
    }

    /// <summary>Changes properties of tablets, all or none.</summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range; TABLET_NOT_FOUND: a tablet is unknown.
    /// </exception>
    public Task<UpdateTabletResponse> UpdateTabletAsync(UpdateTabletRequest request, CancellationToken cancellationToken)
    {
        if (request.TabletMetaInfos.Count == 0)
        {
            throw Errors.Missing("tablet_meta_infos");
        }

        return runner.ChangeDataAsync(
            request.CloudUniqueId,
            async (transaction, instance, token) =>
            {
                foreach (var change in request.TabletMetaInfos)
                {
                    await UpdateAsync(transaction, instance.InstanceId, change, token).ConfigureAwait(false);
                }

                return new UpdateTabletResponse();
            },
            cancellationToken);
    }

    /// <summary>A tablet's meta with its schema.</summary>
    /// <exception cref="MetaServiceException">INVALID_ARGUMENT: no tablet_id; TABLET_NOT_FOUND: the tablet is
    /// unknown.</exception>
    public Task<GetTabletResponse> GetTabletAsync(GetTabletRequest request, CancellationToken cancellationToken)
    {
        TabletArguments.Id(request.TabletId, "tablet_id");
        return runner.ReadDataAsync(
            request.CloudUniqueId,
            async (reader, instanceId, token) =>
            {
                var index = await TabletStore.GetIndexAsync(reader, instanceId, request.TabletId, token).ConfigureAwait(false);
                var meta = await TabletStore.GetMetaAsync(reader, instanceId, index, token).ConfigureAwait(false);
                meta.Schema ??= await SchemaStore.GetAsync(reader, instanceId, index.IndexId, meta.SchemaVersion, token)
                    .ConfigureAwait(false);
                return new GetTabletResponse { TabletMeta = meta };
            },
            cancellationToken);
    }

    private static async ValueTask CreateAsync(
        IKvTransaction transaction, string instanceId, List<NewTablet> tablets, CancellationToken token)
    {
        foreach (var place in tablets.DistinctBy(t => (t.Index.IndexId, t.Index.PartitionId)))
        {
            await TabletStore.RequireNotDroppedAsync(transaction, instanceId, place.Index, token).ConfigureAwait(false);
        }

        foreach (var tablet in tablets.Where(t => t.Schema is not null).DistinctBy(t => (t.Index.IndexId, t.Meta.SchemaVersion)))
        {
            await SchemaStore.PutAsync(transaction, instanceId, tablet.Index.IndexId, tablet.Schema!, token)
                .ConfigureAwait(false);
        }

        foreach (var tablet in tablets)
        {
            if (!await ExistsAsync(transaction, instanceId, tablet, token).ConfigureAwait(false))
            {
                Write(transaction, instanceId, tablet);
            }
        }
    }

    private static async ValueTask<bool> ExistsAsync(
        IKvTransaction transaction, string instanceId, NewTablet tablet, CancellationToken token)
    {
        var index = tablet.Index;
        var stored = await transaction.GetAsync(Key.MetaTabletIndex(instanceId, index.TabletId), cancellationToken: token)
            .ConfigureAwait(false);
        if (stored is null)
        {
            return false;
        }

        var meta = await transaction.GetAsync(Key.MetaTablet(instanceId, index), cancellationToken: token).ConfigureAwait(false);
        return stored.Equals(index) && meta?.SchemaVersion == tablet.Meta.SchemaVersion
            ? true
            : throw TabletErrors.TabletExists(index.TabletId);
    }

    private static void Write(IKvTransaction transaction, string instanceId, NewTablet tablet)
    {
        var index = tablet.Index;
        if (tablet.FirstRowset is { } first)
        {
            transaction.Set(Key.MetaRowset(instanceId, index.TabletId, first.EndVersion), first);
        }

        transaction.Set(Key.MetaTablet(instanceId, index), tablet.Meta);
        transaction.Set(Key.MetaTabletIndex(instanceId, index.TabletId), index);
        transaction.Set(Key.StatsTablet(instanceId, index), tablet.Stats);
    }

    private static async ValueTask UpdateAsync(
        IKvTransaction transaction, string instanceId, TabletMetaInfoPB change, CancellationToken token)
    {
        TabletArguments.Id(change.TabletId, "tablet_meta_infos.tablet_id");
        var index = await TabletStore.GetIndexAsync(transaction, instanceId, change.TabletId, token).ConfigureAwait(false);
        var meta = await TabletStore.GetMetaAsync(transaction, instanceId, index, token).ConfigureAwait(false);
        if (TabletRules.Update(meta, change) is { } disableAutoCompaction)
        {
            var schema = meta.Schema ?? await SchemaStore.GetAsync(
                transaction, instanceId, index.IndexId, meta.SchemaVersion, token).ConfigureAwait(false);
            schema.DisableAutoCompaction = disableAutoCompaction;
            if (meta.Schema is null)
            {
                transaction.Set(Key.MetaSchema(instanceId, index.IndexId, meta.SchemaVersion), schema);
            }
        }

        TabletArguments.Fits(meta, "the tablet's meta");
        transaction.Set(Key.MetaTablet(instanceId, index), meta);
    }

    private static CreateTabletsResponse FindVault(InstanceInfoPB instance, string name)
    {
        if (!instance.EnableStorageVault)
        {
            return new CreateTabletsResponse();
        }

        if (name.Length == 0)
        {
            return instance.DefaultStorageVaultId.Length > 0
                ? new CreateTabletsResponse
                {
                    StorageVaultId = instance.DefaultStorageVaultId,
                    StorageVaultName = instance.DefaultStorageVaultName,
                }
                : throw TabletErrors.NoDefaultVault();
        }

        return new CreateTabletsResponse { StorageVaultId = VaultRules.IdOf(instance, name), StorageVaultName = name };
    }

    private static IEnumerable<List<NewTablet>> Batches(List<NewTablet> tablets)
    {
        var batch = new List<NewTablet>();
        var bytes = 0;
        foreach (var tablet in tablets)
        {
            var size = tablet.Meta.CalculateSize()
                + (tablet.Schema?.CalculateSize() ?? 0)
                + (tablet.FirstRowset?.CalculateSize() ?? 0);
            if (batch.Count == BatchTablets || (batch.Count > 0 && bytes + size > BatchBytes))
            {
                yield return batch;
                batch = [];
                bytes = 0;
            }

            batch.Add(tablet);
            bytes += size;
        }

        yield return batch;
    }
}
