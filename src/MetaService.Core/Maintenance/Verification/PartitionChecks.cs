using MetaService.Keys;
using MetaService.Records.Cloud;

namespace MetaService.Maintenance.Verification;

/// <summary>The version of a partition and the transactions that it waits for.</summary>
internal static class PartitionChecks
{
    private const long FirstVersion = 1;

    public static async ValueTask VersionAsync(CheckContext context, VersionPB version)
    {
        // A partition whose first transaction is committed but not visible yet may have no version of its own.
        if (version.HasVersion ? version.Version < FirstVersion : version.PendingTxnIds.Count == 0)
        {
            context.Report(
                DefectKinds.PartitionVersionInvalid,
                version.HasVersion ? $"its version is {version.Version}: they count from {FirstVersion}" : "it has no version");
        }

        var (dbId, tableId) = (context.Key.Number("db_id"), context.Key.Number("tbl_id"));
        foreach (var txnId in version.PendingTxnIds)
        {
            var info = Key.TxnInfo(context.InstanceId, dbId, txnId);
            var txn = await context.Store.GetAsync(info).ConfigureAwait(false);
            if (Problem(txn, tableId) is { } problem)
            {
                context.Report(DefectKinds.PendingTxnWrong, $"it waits for {CheckContext.Name(info)}, {problem}");
            }
        }
    }

    /// <summary>
    /// The highest version that a visible rowset of the partition may have: that of the partition, and while a transaction is
    /// made visible in steps the next one.
    /// </summary>
    /// <param name="stored">The record of the version; null when there is none.</param>
    public static long HighestVersion(VersionPB? stored) =>
        (stored is { HasVersion: true } ? stored.Version : FirstVersion) + (stored?.PendingTxnIds.Count > 0 ? 1 : 0);

    private static string? Problem(Lookup<TxnInfoPB> txn, long tableId) => txn switch
    {
        { Exists: false } => "which there is not",
        { Record: null } => null,
        { Record.Status: not TxnStatusPB.TxnStatusCommitted } =>
            $"whose status is {txn.Record.Status} and must be {TxnStatusPB.TxnStatusCommitted}",
        _ when !txn.Record.TableIds.Contains(tableId) => "which does not name the table and so would not raise this version",
        _ => null,
    };
}
