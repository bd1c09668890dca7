using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Olap;
using MetaService.Storage;

namespace MetaService.Domain.Tablets;

/// <summary>Schemas are stored once per index and schema version; tablets and rowsets name them.</summary>
internal static class SchemaStore
{
    // FE nodes send this name for a type that BE nodes know by the other.
    private const string FrontendDecimal128 = "DECIMAL128";
    private const string BackendDecimal128 = "DECIMAL128I";

    /// <summary>Stores a schema unless its version is stored already: a schema version never changes.</summary>
    public static async ValueTask PutAsync(
        IKvTransaction transaction, string instanceId, long indexId, TabletSchemaCloudPB schema,
        CancellationToken cancellationToken)
    {
        var key = Key.MetaSchema(instanceId, indexId, schema.SchemaVersion);
        if (await transaction.GetAsync(key, cancellationToken: cancellationToken).ConfigureAwait(false) is null)
        {
            transaction.Set(key, schema);
        }
    }

    /// <summary>A stored schema.</summary>
    /// <exception cref="MetaServiceException">There is none.</exception>
    public static async ValueTask<TabletSchemaCloudPB> GetAsync(
        IKvReader reader, string instanceId, long indexId, int schemaVersion, CancellationToken cancellationToken) =>
        await reader.GetAsync(Key.MetaSchema(instanceId, indexId, schemaVersion), cancellationToken: cancellationToken)
            .ConfigureAwait(false)
        ?? throw TabletErrors.SchemaNotStored(indexId, schemaVersion);

    /// <summary>Gives the column types of a new tablet's schema the names that BE nodes know.</summary>
    public static void UseBackendTypeNames(TabletSchemaCloudPB schema)
    {
        foreach (var column in schema.Column)
        {
            if (column.Type == FrontendDecimal128)
            {
                column.Type = BackendDecimal128;
            }
        }
    }
}
