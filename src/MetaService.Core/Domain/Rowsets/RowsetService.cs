using MetaService.Domain.Tablets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Storage;

namespace MetaService.Domain.Rowsets;

/// <summary>
/// Takes the rowsets that loads, compactions and schema changes write. A rowset is prepared before its files are written, so that
/// they can be found if nothing comes of it; committed, it waits under its transaction until that one, or the tablet job, makes
/// it visible.
/// </summary>
public sealed class RowsetService(TransactionRunner runner, TimeProvider time)
{
    /// <summary>Announces a rowset; announcing it again is fine.</summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range; TABLET_NOT_FOUND; STALE_PREPARE_ROWSET: the tablet job named is
    /// gone; TXN_ID_NOT_FOUND, TXN_INVALID_STATUS: a load's transaction takes no rowsets; ALREADY_EXISTED, with the existing
    /// rowset: the transaction has one for this tablet.
    /// </exception>
    public Task<CreateRowsetResponse> PrepareRowsetAsync(CreateRowsetRequest request, CancellationToken cancellationToken)
    {
        CheckRequest(request, needsSchema: true);
        return runner.ChangeDataAsync(
            request.CloudUniqueId,
            async (transaction, instance, token) =>
            {
                var instanceId = instance.InstanceId;
                var rowset = request.RowsetMeta.Clone();
                var tablet = await TabletStore.GetIndexAsync(transaction, instanceId, rowset.TabletId, token)
                    .ConfigureAwait(false);
                await RowsetChecks.RequireWriterAsync(transaction, instanceId, request, tablet, token).ConfigureAwait(false);
                if (await GetTmpAsync(transaction, instanceId, rowset, token).ConfigureAwait(false) is { } existing)
                {
                    throw await ExistsAsync(transaction, instanceId, tablet.IndexId, existing, token).ConfigureAwait(false);
                }

                RowsetSchemas.Name(rowset, tablet.IndexId);
                rowset.TabletSchema = null;
                var prepared = new RecycleRowsetPB
                {
                    CreationTime = time.GetUtcNow().ToUnixTimeSeconds(),
                    Expiration = rowset.TxnExpiration,
                    Type = RecycleRowsetPB.Types.Type.Prepare,
                    RowsetMeta = rowset,
                };
                TabletArguments.Fits(prepared, "rowset_meta");
                transaction.Set(Key.RecycleRowset(instanceId, rowset.TabletId, rowset.RowsetIdV2), prepared);
                return new CreateRowsetResponse();
            },
            cancellationToken);
    }

    /// <summary>Takes a prepared rowset whose files are written; taking it again is fine.</summary>
    /// <exception cref="MetaServiceException">
    /// As <see cref="PrepareRowsetAsync"/>, and INVALID_ARGUMENT when it was not prepared or has been recycled since. A rowset
    /// that only deletes by predicate has no files and need not be prepared.
    /// </exception>
    public Task<CreateRowsetResponse> CommitRowsetAsync(CreateRowsetRequest request, CancellationToken cancellationToken)
    {
        CheckRequest(request, needsSchema: true);
        return runner.ChangeDataAsync(
            request.CloudUniqueId,
            async (transaction, instance, token) =>
            {
                var instanceId = instance.InstanceId;
                var rowset = request.RowsetMeta.Clone();
                var tablet = await TabletStore.GetIndexAsync(transaction, instanceId, rowset.TabletId, token)
                    .ConfigureAwait(false);
                await RowsetChecks.RequireWriterAsync(transaction, instanceId, request, tablet, token).ConfigureAwait(false);
                if (await GetTmpAsync(transaction, instanceId, rowset, token).ConfigureAwait(false) is { } existing)
                {
                    if (existing.RowsetIdV2 == rowset.RowsetIdV2)
                    {
                        return new CreateRowsetResponse();
                    }

                    throw await ExistsAsync(transaction, instanceId, tablet.IndexId, existing, token).ConfigureAwait(false);
                }

                var preparedKey = Key.RecycleRowset(instanceId, rowset.TabletId, rowset.RowsetIdV2);
                var prepared = await transaction.GetAsync(preparedKey, cancellationToken: token).ConfigureAwait(false);
                if (rowset.DeletePredicate is null && (prepared is null || prepared.RowsetMeta is { IsRecycled: true }))
                {
                    throw RowsetErrors.NotPrepared(rowset.RowsetIdV2);
                }

                transaction.Clear(preparedKey);
                await WriteTmpAsync(transaction, instanceId, rowset, tablet.IndexId, token).ConfigureAwait(false);
                return new CreateRowsetResponse();
            },
            cancellationToken);
    }

    /// <summary>
    /// Replaces a committed rowset that is not visible yet: a load into a merge-on-write table may still add segments.
    /// </summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range, or the transaction's rowset is another one; TABLET_NOT_FOUND;
    /// ROWSET_META_NOT_FOUND: it has none; TXN_ID_NOT_FOUND, TXN_INVALID_STATUS: a load's transaction takes no rowsets.
    /// </exception>
    public Task<CreateRowsetResponse> UpdateTmpRowsetAsync(CreateRowsetRequest request, CancellationToken cancellationToken)
    {
        CheckRequest(request, needsSchema: false);
        return runner.ChangeDataAsync(
            request.CloudUniqueId,
            async (transaction, instance, token) =>
            {
                var instanceId = instance.InstanceId;
                var rowset = request.RowsetMeta.Clone();
                var tablet = await TabletStore.GetIndexAsync(transaction, instanceId, rowset.TabletId, token)
                    .ConfigureAwait(false);
                await RowsetChecks.RequireWriterAsync(transaction, instanceId, request, tablet, token).ConfigureAwait(false);
                var existing = await GetTmpAsync(transaction, instanceId, rowset, token).ConfigureAwait(false)
                    ?? throw RowsetErrors.TmpRowsetNotFound(rowset.TxnId, rowset.TabletId);
                if (existing.RowsetIdV2 != rowset.RowsetIdV2)
                {
                    throw RowsetErrors.OtherTmpRowset(existing.RowsetIdV2);
                }

                RowsetSchemas.KeepName(rowset, existing);
                await WriteTmpAsync(transaction, instanceId, rowset, tablet.IndexId, token).ConfigureAwait(false);
                return new CreateRowsetResponse();
            },
            cancellationToken);
    }

    private static void CheckRequest(CreateRowsetRequest request, bool needsSchema)
    {
        var rowset = request.RowsetMeta ?? throw Errors.Missing("rowset_meta");
        TabletArguments.Complete(rowset, "rowset_meta");
        TabletArguments.Id(rowset.TabletId, "rowset_meta.tablet_id");
        TabletArguments.Id(rowset.TxnId, "rowset_meta.txn_id");
        Check.Name(rowset.RowsetIdV2, "rowset_meta.rowset_id_v2");
        if (needsSchema && rowset.TabletSchema is null && !rowset.HasSchemaVersion)
        {
            throw Errors.Missing("rowset_meta.schema_version (or rowset_meta.tablet_schema)");
        }

        TabletArguments.NotNegative(rowset.IndexId, "rowset_meta.index_id");
        TabletArguments.NotNegative(rowset.TabletSchema?.SchemaVersion ?? rowset.SchemaVersion, "rowset_meta.schema_version");
        TabletArguments.NotNegative(rowset.StartVersion, "rowset_meta.start_version");
        TabletArguments.NotNegative(rowset.EndVersion, "rowset_meta.end_version");
        TabletArguments.NotNegative(rowset.NumRows, "rowset_meta.num_rows");
        TabletArguments.NotNegative(rowset.NumSegments, "rowset_meta.num_segments");
        TabletArguments.NotNegative(rowset.TotalDiskSize, "rowset_meta.total_disk_size");
        TabletArguments.NotNegative(rowset.DataDiskSize, "rowset_meta.data_disk_size");
        TabletArguments.NotNegative(rowset.IndexDiskSize, "rowset_meta.index_disk_size");
    }

    private static ValueTask<RowsetMetaCloudPB?> GetTmpAsync(
        IKvTransaction transaction, string instanceId, RowsetMetaCloudPB rowset, CancellationToken token) =>
        transaction.GetAsync(Key.MetaRowsetTmp(instanceId, rowset.TxnId, rowset.TabletId), cancellationToken: token);

    private static async ValueTask<MetaServiceException> ExistsAsync(
        IKvTransaction transaction, string instanceId, long indexId, RowsetMetaCloudPB existing, CancellationToken token)
    {
        if (existing.HasSchemaVersion)
        {
            await RowsetSchemas.FillAsync(transaction, instanceId, indexId, [existing], token).ConfigureAwait(false);
        }

        return RowsetErrors.RowsetExists(existing);
    }

    private static async ValueTask WriteTmpAsync(
        IKvTransaction transaction, string instanceId, RowsetMetaCloudPB rowset, long indexId, CancellationToken token)
    {
        await RowsetSchemas.StoreAsync(transaction, instanceId, rowset, indexId, token).ConfigureAwait(false);
        TabletArguments.Fits(rowset, "rowset_meta");
        transaction.Set(Key.MetaRowsetTmp(instanceId, rowset.TxnId, rowset.TabletId), rowset);
    }
}
