using Google.Protobuf;
using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Records.Own;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Maintenance.Verification;

/// <summary>Which other records the record under each type of key is compared with.</summary>
internal static class RecordChecks
{
    private static readonly Dictionary<KeyDefinition, Func<CheckContext, IMessage?, ValueTask>> ByKey = new()
    {
        [KeySpace.Instance] = On<InstanceInfoPB>(InstanceChecks.InstanceAsync),
        [KeySpace.StorageVault] = On<StorageVaultPB>(InstanceChecks.VaultAsync),
        [KeySpace.NodeOwner] = On<NodeOwnerPB>(InstanceChecks.NodeOwnerAsync),
        [KeySpace.TxnInfo] = On<TxnInfoPB>(TxnChecks.InfoAsync),
        [KeySpace.TxnIndex] = On<TxnIndexPB>(TxnChecks.IndexAsync),
        [KeySpace.TxnRunning] = On<TxnRunningPB>(TxnChecks.RunningAsync),
        [KeySpace.TxnLabel] = On<TxnLabelPB>(TxnChecks.LabelAsync),
        [KeySpace.RecycleTxn] = On<RecycleTxnPB>(TxnChecks.RecycledAsync),
        [KeySpace.PartitionVersion] = On<VersionPB>(PartitionChecks.VersionAsync),
        [KeySpace.MetaTablet] = On<TabletMetaCloudPB>(TabletChecks.MetaAsync),
        [KeySpace.MetaTabletIndex] = On<TabletIndexPB>(TabletChecks.IndexAsync),
        [KeySpace.StatsTablet] = On<TabletStatsPB>((context, _) => TabletChecks.StatsAsync(context)),
        [KeySpace.JobTablet] = On<TabletJobInfoPB>(TabletChecks.JobAsync),
        [KeySpace.MetaRowset] = On<RowsetMetaCloudPB>(RowsetChecks.RowsetAsync),
        [KeySpace.RecycleRowset] = On<RecycleRowsetPB>(RowsetChecks.RecycledAsync),
        [KeySpace.MetaSchemaDictionary] = On<SchemaCloudDictionary>(RowsetChecks.DictionaryAsync),
        [KeySpace.PendingDeleteBitmap] = On<PendingDeleteBitmapPB>(RowsetChecks.PendingBitmapsAsync),
    };

    static RecordChecks()
    {
        foreach (var counter in Enum.GetValues<TabletCounter>())
        {
            ByKey.Add(KeySpace.StatsCounter(counter), (context, _) => TabletChecks.CounterAsync(context));
        }
    }

    /// <summary>Compares a record with its key and with other records.</summary>
    /// <param name="record">Null for a value that holds none.</param>
    public static async ValueTask CheckAsync(CheckContext context, IMessage? record)
    {
        if (record is not null)
        {
            foreach (var disagreement in RepeatedFields.Disagreements(context.Key, record))
            {
                context.Report(DefectKinds.KeyMismatch, disagreement);
            }
        }

        if (!ByKey.TryGetValue(context.Key.Definition, out var checkAsync)
            || !await IsInUseAsync(context).ConfigureAwait(false))
        {
            return;
        }

        try
        {
            await checkAsync(context, record).ConfigureAwait(false);
        }
        catch (ArgumentOutOfRangeException)
        {
            // The keys of the records to compare with are made of what this one says.
            context.Report(DefectKinds.ImpossibleValue, "it names something by a number that no key can hold");
        }
    }

    /// <summary>
    /// Whether the record belongs to an instance that is there and not dropped. The data of a dropped one is reclaimed elsewhere,
    /// piece by piece, so that its records need not agree any more; what has no instance is reported as such.
    /// </summary>
    private static async ValueTask<bool> IsInUseAsync(CheckContext context)
    {
        if (context.InstanceId.Length == 0 || context.Key.Definition == KeySpace.Instance)
        {
            return true;
        }

        var instance = await context.Store.InstanceAsync(context.InstanceId).ConfigureAwait(false);
        return instance.Exists && instance.Record?.Status != InstanceInfoPB.Types.Status.Deleted;
    }

    private static Func<CheckContext, IMessage?, ValueTask> On<T>(Func<CheckContext, T, ValueTask> check)
        where T : class, IMessage =>
        (context, record) => check(context, (T)record!);
}
