using MetaService.Domain.Tablets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Olap;
using MetaService.Storage;

namespace MetaService.Domain.Rowsets;

/// <summary>Takes schemas out of rowsets before they are stored, and puts them back into those that are read.</summary>
internal static class RowsetSchemas
{
    /// <summary>Notes which stored schema is the rowset's, when it carries one.</summary>
    public static void Name(RowsetMetaCloudPB rowset, long indexId)
    {
        if (rowset.TabletSchema is { } schema)
        {
            rowset.IndexId = indexId;
            rowset.SchemaVersion = schema.SchemaVersion;
        }
    }

    /// <summary>Makes a rowset that carries no schema keep that of the one it replaces.</summary>
    public static void KeepName(RowsetMetaCloudPB rowset, RowsetMetaCloudPB replaced)
    {
        if (rowset.TabletSchema is not null)
        {
            return;
        }

        if (!rowset.HasIndexId && replaced.HasIndexId)
        {
            rowset.IndexId = replaced.IndexId;
        }

        if (!rowset.HasSchemaVersion && replaced.HasSchemaVersion)
        {
            rowset.SchemaVersion = replaced.SchemaVersion;
        }

        rowset.SchemaDictKeyList ??= replaced.SchemaDictKeyList;
    }

    /// <summary>Stores the schema that a rowset carries, and leaves its name in place of it.</summary>
    public static async ValueTask StoreAsync(
        IKvTransaction transaction, string instanceId, RowsetMetaCloudPB rowset, long indexId,
        CancellationToken cancellationToken)
    {
        if (rowset.TabletSchema is not { } schema)
        {
            return;
        }

        Name(rowset, indexId);
        if (rowset.HasVariantTypeInSchema)
        {
            var key = Key.MetaSchemaDictionary(instanceId, indexId);
            var dictionary = await transaction.GetAsync(key, cancellationToken: cancellationToken).ConfigureAwait(false) ?? new();
            if (SchemaDictionary.Extract(rowset, dictionary))
            {
                transaction.Set(key, dictionary);
            }
        }

        await SchemaStore.PutAsync(transaction, instanceId, indexId, schema, cancellationToken).ConfigureAwait(false);
        rowset.TabletSchema = null;
    }

    /// <summary>Gives each rowset its schema as it is stored, without what is in the dictionary.</summary>
    /// <exception cref="MetaServiceException">A schema is not stored.</exception>
    public static async ValueTask FillAsync(
        IKvReader reader, string instanceId, long indexId, IEnumerable<RowsetMetaCloudPB> rowsets,
        CancellationToken cancellationToken)
    {
        var schemas = new Dictionary<int, TabletSchemaCloudPB>();
        foreach (var rowset in rowsets)
        {
            if (rowset.TabletSchema is not null)
            {
                continue;
            }

            if (!rowset.HasSchemaVersion)
            {
                throw RowsetErrors.RowsetWithoutSchema(rowset.RowsetIdV2);
            }

            if (!schemas.TryGetValue(rowset.SchemaVersion, out var schema))
            {
                schema = await SchemaStore.GetAsync(reader, instanceId, indexId, rowset.SchemaVersion, cancellationToken)
                    .ConfigureAwait(false);
                schemas.Add(rowset.SchemaVersion, schema);
            }

            rowset.IndexId = indexId;
            rowset.TabletSchema = schema;
        }
    }
}
