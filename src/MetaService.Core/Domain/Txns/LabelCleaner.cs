using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.Domain.Txns;

/// <summary>Frees labels before their time.</summary>
internal sealed class LabelCleaner(TxnContext context)
{
    /// <summary>
    /// Removes the finished transactions of some labels, or of all labels of a database when none is given; those that are not
    /// finished stay. Each label is one KV transaction: done again after a failure it goes on with those that are left.
    /// </summary>
    /// <exception cref="MetaServiceException">The request is wrong.</exception>
    public async Task<CleanTxnLabelResponse> CleanAsync(CleanTxnLabelRequest request, CancellationToken cancellationToken)
    {
        TxnRules.Id(request.HasDbId, request.DbId, "db_id");
        foreach (var label in request.Labels)
        {
            TxnRules.Label(label, "labels");
        }

        var instanceId = await context.Runner.ReadAsync(
            (reader, token) => TxnContext.ResolveAsync(reader, request.CloudUniqueId, token), cancellationToken)
            .ConfigureAwait(false);
        if (request.Labels.Count == 0)
        {
            await CleanAllAsync(instanceId, request.DbId, cancellationToken).ConfigureAwait(false);
            return new CleanTxnLabelResponse();
        }

        foreach (var label in request.Labels)
        {
            await CleanAsync(instanceId, request.DbId, Key.TxnLabel(instanceId, request.DbId, label), cancellationToken)
                .ConfigureAwait(false);
        }

        return new CleanTxnLabelResponse();
    }

    private async Task CleanAllAsync(string instanceId, long dbId, CancellationToken cancellationToken)
    {
        var rest = KeyRanges.TxnLabels(instanceId, dbId);
        for (var hasMore = true; hasMore;)
        {
            var range = rest;
            var page = await context.Runner.ReadAsync(
                (reader, token) => reader.GetRangeAsync(
                    range.Begin, range.End, new KvRangeOptions(context.Options.HousekeepingBatch), token),
                cancellationToken).ConfigureAwait(false);
            foreach (var pair in page.Pairs)
            {
                await CleanAsync(instanceId, dbId, new StampedRecordKey<TxnLabelPB>(pair.Key), cancellationToken)
                    .ConfigureAwait(false);
                rest = rest with { Begin = KeyRange.After(pair.Key) };
            }

            hasMore = page.HasMore;
        }
    }

    private Task<int> CleanAsync(
        string instanceId, long dbId, StampedRecordKey<TxnLabelPB> label, CancellationToken cancellationToken) =>
        context.Runner.RunAsync(
            (transaction, token) => TxnRemoval.RemoveLabelAsync(transaction, instanceId, dbId, label, token), cancellationToken);
}
