using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.Domain.Tablets;

/// <summary>The refusals of operations on tablets.</summary>
internal static class TabletErrors
{
    public static MetaServiceException NotPositive(string field) => Errors.Invalid($"{field} is required and must be above 0");

    public static MetaServiceException Negative(string field) => Errors.Invalid($"{field} must not be negative");

    public static MetaServiceException Incomplete(string what) =>
        Errors.Invalid($"{what} lacks a field that its record requires");

    public static MetaServiceException RequestTooLarge() =>
        Errors.Invalid($"the request would write more than the {KvLimits.TransactionBytes} bytes that one transaction can hold");

    public static MetaServiceException TabletNotFound(long tabletId) =>
        new(MetaServiceCode.TabletNotFound, $"tablet not found, tablet_id={tabletId}");

    public static MetaServiceException TabletDropped(long tabletId) =>
        new(MetaServiceCode.TabletNotFound, $"tablet has been dropped, tablet_id={tabletId}");

    public static MetaServiceException IdsDisagree(long tabletId) =>
        Errors.Invalid($"table_id, index_id or partition_id is not that of the tablet, tablet_id={tabletId}");

    public static MetaServiceException TabletExists(long tabletId) =>
        new(MetaServiceCode.AlreadyExisted, $"another tablet with this id exists already, tablet_id={tabletId}");

    public static MetaServiceException NoSchema(long tabletId) =>
        Errors.Invalid($"tablet_metas needs schema or schema_version, tablet_id={tabletId}");

    public static MetaServiceException SchemaNotStored(long indexId, int schemaVersion) => new(
        MetaServiceCode.UndefinedErr, $"no such schema is stored, index_id={indexId} schema_version={schemaVersion}");

    public static MetaServiceException NoDefaultVault() =>
        Errors.Invalid("storage_vault_name is required, since the instance has no default storage vault");
}
