using MetaService.Domain.Txns;
using MetaService.Keys;
using MetaService.Records.Cloud;
using Status = MetaService.Records.Cloud.TxnStatusPB;

namespace MetaService.Maintenance.Verification;

/// <summary>The five records of a transaction, compared with each other both ways.</summary>
internal static class TxnChecks
{
    public static async ValueTask InfoAsync(CheckContext context, TxnInfoPB txn)
    {
        var (dbId, txnId) = TxnStore.IdsOf(context.Key);
        if (!Enum.IsDefined(txn.Status) || txn.Status == Status.TxnStatusUnknown)
        {
            context.Report(DefectKinds.TxnStatusUnknown, $"its status is {(int)txn.Status}, which no transaction has");
            return;
        }

        await RequireIndexAsync(context, txnId).ConfigureAwait(false);
        foreach (var part in txn.SubTxnIds)
        {
            await RequireIndexAsync(context, part).ConfigureAwait(false);
        }

        var label = Key.TxnLabel(context.InstanceId, dbId, txn.Label);
        var labelled = await context.Store.GetAsync(label).ConfigureAwait(false);
        if (!labelled.Exists || labelled.Record?.TxnIds.Contains(txnId) == false)
        {
            context.Report(
                DefectKinds.TxnLabelMissing,
                labelled.Exists ? $"{CheckContext.Name(label)} does not list it" : $"there is no {CheckContext.Name(label)}");
        }

        var running = Key.TxnRunning(context.InstanceId, dbId, txnId);
        var recycled = Key.RecycleTxn(context.InstanceId, dbId, txnId);
        if (!TxnRules.IsFinished(txn) && !(await context.Store.GetAsync(running).ConfigureAwait(false)).Exists)
        {
            context.Report(DefectKinds.TxnRunningMissing, $"it is not finished and there is no {CheckContext.Name(running)}");
        }
        else if (TxnRules.IsFinished(txn) && !(await context.Store.GetAsync(recycled).ConfigureAwait(false)).Exists)
        {
            context.Report(DefectKinds.TxnRecycleMissing, $"it is finished and there is no {CheckContext.Name(recycled)}");
        }
    }

    public static async ValueTask IndexAsync(CheckContext context, TxnIndexPB index)
    {
        if (index.TabletIndex is not { HasDbId: true } place)
        {
            context.Report(DefectKinds.TxnIndexDangling, "it must name a database and names none");
            return;
        }

        var txnId = context.Key.Number("txn_id");
        var info = Key.TxnInfo(context.InstanceId, place.DbId, index.HasParentTxnId ? index.ParentTxnId : txnId);
        var txn = await context.Store.GetAsync(info).ConfigureAwait(false);
        if (!txn.Exists)
        {
            context.Report(DefectKinds.TxnIndexDangling, $"there is no {CheckContext.Name(info)}, where it points at");
        }
        else if (index.HasParentTxnId && txn.Record?.SubTxnIds.Contains(txnId) == false)
        {
            context.Report(DefectKinds.TxnIndexDangling, $"{CheckContext.Name(info)} does not list it among its parts");
        }
    }

    public static async ValueTask RunningAsync(CheckContext context, TxnRunningPB running)
    {
        var (dbId, txnId) = TxnStore.IdsOf(context.Key);
        var txn = await context.Store.GetAsync(Key.TxnInfo(context.InstanceId, dbId, txnId)).ConfigureAwait(false);
        if (!txn.Exists || (txn.Record is { } record && TxnRules.IsFinished(record)))
        {
            context.Report(
                DefectKinds.TxnRunningStale,
                txn.Exists ? $"the transaction is finished, status={txn.Record!.Status}" : "there is no such transaction");
        }
    }

    public static async ValueTask LabelAsync(CheckContext context, TxnLabelPB label)
    {
        var (dbId, name) = (context.Key.Number("db_id"), context.Key.Text("label"));
        foreach (var group in label.TxnIds.GroupBy(id => id))
        {
            if (group.Count() > 1)
            {
                context.Report(DefectKinds.TxnLabelDangling, $"it lists txn_id {group.Key} more than once");
            }

            var info = Key.TxnInfo(context.InstanceId, dbId, group.Key);
            var txn = await context.Store.GetAsync(info).ConfigureAwait(false);
            if (!txn.Exists)
            {
                context.Report(DefectKinds.TxnLabelDangling, $"there is no {CheckContext.Name(info)}, which it lists");
            }
            else if (txn.Record is { } record && record.Label != name)
            {
                context.Report(
                    DefectKinds.TxnLabelDangling,
                    $"{CheckContext.Name(info)}, which it lists, has the label \"{KeyPrinter.Escape(record.Label)}\"");
            }
        }
    }

    public static async ValueTask RecycledAsync(CheckContext context, RecycleTxnPB recycled)
    {
        var (dbId, txnId) = TxnStore.IdsOf(context.Key);
        var txn = await context.Store.GetAsync(Key.TxnInfo(context.InstanceId, dbId, txnId)).ConfigureAwait(false);
        if (!txn.Exists)
        {
            context.Report(DefectKinds.TxnRecycleStale, "there is no such transaction");
            return;
        }

        if (txn.Record is not { } record)
        {
            return;
        }

        if (TxnRules.IsOpen(record) || record.Status == Status.TxnStatusCommitted)
        {
            context.Report(DefectKinds.TxnRecycleEarly, $"the transaction is not finished, status={record.Status}");
        }

        if (record.Label != recycled.Label)
        {
            context.Report(
                DefectKinds.TxnLabelDangling,
                $"it names the label \"{KeyPrinter.Escape(recycled.Label)}\", and the transaction has "
                + $"\"{KeyPrinter.Escape(record.Label)}\": it would not be freed");
        }
    }

    private static async ValueTask RequireIndexAsync(CheckContext context, long txnId)
    {
        var key = Key.TxnIndex(context.InstanceId, txnId);
        if (!(await context.Store.GetAsync(key).ConfigureAwait(false)).Exists)
        {
            context.Report(DefectKinds.TxnIndexMissing, $"there is no {CheckContext.Name(key)}");
        }
    }
}
