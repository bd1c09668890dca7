using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;
using Status = MetaService.Records.Cloud.TxnStatusPB;

namespace MetaService.Domain.Txns;

/// <summary>The prepared transactions of one coordinating BE node. Pre-committed ones outlive their coordinator.</summary>
internal sealed class CoordinatorTxns(TxnContext context)
{
    private const string AbortReason = "the coordinator BE node is down or was restarted";

    /// <exception cref="MetaServiceException">The request is wrong.</exception>
    public async Task<GetPrepareTxnByCoordinatorResponse> GetAsync(
        GetPrepareTxnByCoordinatorRequest request, CancellationToken cancellationToken)
    {
        var coordinator = new CoordinatorFilter(
            request.HasId, request.Id, request.Ip, request.HasStartTime ? request.StartTime : null);
        var instanceId = await ResolveAsync(request.CloudUniqueId, cancellationToken).ConfigureAwait(false);
        var response = new GetPrepareTxnByCoordinatorResponse();
        await foreach (var page in RunningAsync(instanceId, cancellationToken).ConfigureAwait(false))
        {
            response.TxnInfos.Add(await context.Runner.ReadAsync(
                (reader, token) => LoadAsync(reader, instanceId, page, coordinator, token), cancellationToken)
                .ConfigureAwait(false));
        }

        return response;
    }

    /// <summary>
    /// Aborts them, a batch in each KV transaction: done again after a failure it goes on with those that are left.
    /// </summary>
    /// <exception cref="MetaServiceException">The request is wrong.</exception>
    public async Task<AbortTxnWithCoordinatorResponse> AbortAsync(
        AbortTxnWithCoordinatorRequest request, CancellationToken cancellationToken)
    {
        var coordinator = new CoordinatorFilter(
            request.HasId, request.Id, request.Ip, request.HasStartTime ? request.StartTime : null);
        var instanceId = await ResolveAsync(request.CloudUniqueId, cancellationToken).ConfigureAwait(false);
        await foreach (var page in RunningAsync(instanceId, cancellationToken).ConfigureAwait(false))
        {
            await context.Runner.RunAsync(
                async (transaction, token) =>
                {
                    var txns = await LoadAsync(transaction, instanceId, page, coordinator, token).ConfigureAwait(false);
                    foreach (var txn in txns)
                    {
                        TxnRules.Abort(txn, AbortReason, null, context.Now);
                        TxnStore.SaveFinished(transaction, instanceId, txn);
                    }

                    return txns.Count;
                },
                cancellationToken).ConfigureAwait(false);
        }

        return new AbortTxnWithCoordinatorResponse();
    }

    private Task<string> ResolveAsync(string cloudUniqueId, CancellationToken cancellationToken) =>
        context.Runner.ReadAsync((reader, token) => TxnContext.ResolveAsync(reader, cloudUniqueId, token), cancellationToken);

    private IAsyncEnumerable<IReadOnlyList<KeyedRecord<TxnRunningPB>>> RunningAsync(string instanceId, CancellationToken token) =>
        context.Runner.PagesAsync(KeyRanges.RunningTxns(instanceId), context.Options.HousekeepingBatch, token);

    private static async ValueTask<List<TxnInfoPB>> LoadAsync(
        IKvReader reader, string instanceId, IReadOnlyList<KeyedRecord<TxnRunningPB>> page, CoordinatorFilter coordinator,
        CancellationToken token)
    {
        var matching = new List<TxnInfoPB>();
        foreach (var running in page)
        {
            // Finished and even removed since the page was read, perhaps.
            var (dbId, txnId) = TxnStore.IdsOf(running.Fields);
            var txn = await reader.GetAsync(Key.TxnInfo(instanceId, dbId, txnId), cancellationToken: token).ConfigureAwait(false);
            if (txn?.Status == Status.TxnStatusPrepared && coordinator.Matches(txn))
            {
                matching.Add(txn);
            }
        }

        return matching;
    }
}
