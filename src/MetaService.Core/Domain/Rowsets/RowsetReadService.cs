using MetaService.Domain.Tablets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;
using SchemaOp = MetaService.Records.Cloud.GetRowsetRequest.Types.SchemaOp;

namespace MetaService.Domain.Rowsets;

/// <summary>Reads visible rowsets for nodes that bring their view of a tablet up to date.</summary>
public sealed class RowsetReadService(TransactionRunner runner)
{
    /// <summary>
    /// The rowsets of the versions asked for and of those that compactions have changed since the state that the request tells,
    /// with their schemas, and the tablet's statistics.
    /// </summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range, or a count or point is ahead of the stored one; TABLET_NOT_FOUND:
    /// the tablet is unknown or has been dropped.
    /// </exception>
    public Task<GetRowsetResponse> GetRowsetAsync(GetRowsetRequest request, CancellationToken cancellationToken)
    {
        if (!Enum.IsDefined(request.SchemaOp))
        {
            throw Errors.Invalid("schema_op is not one of those that exist");
        }

        return runner.ReadDataAsync(
            request.CloudUniqueId,
            (reader, instanceId, token) => ReadAsync(reader, instanceId, request, token),
            cancellationToken);
    }

    /// <summary>The schema dictionary of an index.</summary>
    /// <exception cref="MetaServiceException">INVALID_ARGUMENT: no index_id; SCHEMA_DICT_NOT_FOUND: it has none.</exception>
    public Task<GetSchemaDictResponse> GetSchemaDictAsync(GetSchemaDictRequest request, CancellationToken cancellationToken)
    {
        TabletArguments.Id(request.IndexId, "index_id");
        return runner.ReadDataAsync(
            request.CloudUniqueId,
            async (reader, instanceId, token) => new GetSchemaDictResponse
            {
                SchemaDict = await reader.GetAsync(
                    Key.MetaSchemaDictionary(instanceId, request.IndexId), cancellationToken: token).ConfigureAwait(false)
                    ?? throw RowsetErrors.SchemaDictionaryNotFound(request.IndexId),
            },
            cancellationToken);
    }

    private static async ValueTask<GetRowsetResponse> ReadAsync(
        IKvReader reader, string instanceId, GetRowsetRequest request, CancellationToken token)
    {
        var tablet = await TabletStore.CompleteAsync(reader, instanceId, request.Idx, "idx", token).ConfigureAwait(false);
        await TabletStore.RequireNotDroppedAsync(reader, instanceId, tablet, token).ConfigureAwait(false);
        var stored = await reader.GetTabletStatsAsync(instanceId, tablet, cancellationToken: token).ConfigureAwait(false)
            ?? throw TabletErrors.TabletNotFound(tablet.TabletId);
        var response = new GetRowsetResponse { Stats = stored.Merge() };
        foreach (var range in RowsetVersions.ToRead(request, stored.Aggregated))
        {
            await foreach (var rowset in reader.ScanAsync(
                KeyRanges.Rowsets(instanceId, tablet.TabletId, range.Start, range.End), cancellationToken: token)
                    .ConfigureAwait(false))
            {
                response.RowsetMeta.Add(rowset.Record);
            }
        }

        await RowsetSchemas.FillAsync(reader, instanceId, tablet.IndexId, response.RowsetMeta, token).ConfigureAwait(false);
        if (request.SchemaOp != SchemaOp.NoDict && response.RowsetMeta.Any(r => r.SchemaDictKeyList is not null))
        {
            await UseDictionaryAsync(reader, instanceId, tablet.IndexId, request.SchemaOp, response, token).ConfigureAwait(false);
        }

        return response;
    }

    private static async ValueTask UseDictionaryAsync(
        IKvReader reader, string instanceId, long indexId, SchemaOp op, GetRowsetResponse response, CancellationToken token)
    {
        var dictionary = await reader.GetAsync(Key.MetaSchemaDictionary(instanceId, indexId), cancellationToken: token)
            .ConfigureAwait(false) ?? throw RowsetErrors.SchemaDictionaryNotFound(indexId);
        if (op == SchemaOp.ReturnDict)
        {
            response.SchemaDict = dictionary;
            return;
        }

        foreach (var rowset in response.RowsetMeta.Where(r => r.SchemaDictKeyList is not null))
        {
            SchemaDictionary.Restore(rowset, dictionary, indexId);
        }
    }
}
