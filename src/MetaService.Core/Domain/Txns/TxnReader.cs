using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;
using Status = MetaService.Records.Cloud.TxnStatusPB;

namespace MetaService.Domain.Txns;

/// <summary>Questions about transactions; each is answered from one version of the store.</summary>
internal sealed class TxnReader(TxnContext context)
{
    /// <summary>A transaction, by its id, or else the newest of a label.</summary>
    /// <exception cref="MetaServiceException">There is none, or the request is wrong.</exception>
    public Task<GetTxnResponse> GetAsync(GetTxnRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasTxnId && request.Label.Length == 0)
        {
            throw Errors.Missing("txn_id");
        }

        return ReadAsync(
            request.CloudUniqueId,
            async (reader, instanceId, token) =>
            {
                var txnId = request.HasTxnId
                    ? TxnRules.Id(true, request.TxnId, "txn_id")
                    : await NewestAsync(
                        reader, instanceId, TxnRules.Id(request.HasDbId, request.DbId, "db_id"), request.Label, token)
                        .ConfigureAwait(false);
                var txn = request.HasDbId
                    ? await TxnStore.LoadAsync(
                        reader, instanceId, TxnRules.Id(true, request.DbId, "db_id"), txnId, token).ConfigureAwait(false)
                    : await TxnStore.LoadAsync(reader, instanceId, txnId, token).ConfigureAwait(false);
                return new GetTxnResponse { TxnInfo = txn };
            },
            cancellationToken);
    }

    /// <summary>The newest transaction of a label, or the oldest that has one of the given statuses.</summary>
    /// <exception cref="MetaServiceException">There is none, or the request is wrong.</exception>
    public Task<GetTxnIdResponse> GetIdAsync(GetTxnIdRequest request, CancellationToken cancellationToken)
    {
        TxnRules.Id(request.HasDbId, request.DbId, "db_id");
        TxnRules.Label(request.Label, "label");
        return ReadAsync(
            request.CloudUniqueId,
            async (reader, instanceId, token) => new GetTxnIdResponse
            {
                TxnId = request.TxnStatus.Count == 0
                    ? await NewestAsync(reader, instanceId, request.DbId, request.Label, token).ConfigureAwait(false)
                    : await OldestAsync(reader, instanceId, request, token).ConfigureAwait(false),
            },
            cancellationToken);
    }

    /// <summary>Whether all transactions that were begun before another one and touch some tables are through.</summary>
    /// <remarks>
    /// Those that have timed out do not count, unless ignore_timeout_txn is given as false: nobody can commit them any more.
    /// One that is committed always counts until it is visible.
    /// </remarks>
    /// <exception cref="MetaServiceException">The request is wrong.</exception>
    public Task<CheckTxnConflictResponse> CheckConflictAsync(CheckTxnConflictRequest request, CancellationToken cancellationToken)
    {
        TxnRules.Id(request.HasDbId, request.DbId, "db_id");
        TxnRules.Id(request.HasEndTxnId, request.EndTxnId, "end_txn_id");
        if (request.TableIds.Count == 0)
        {
            throw Errors.Missing("table_ids");
        }

        var tables = request.TableIds.ToHashSet();
        var ignoresTimedOut = !request.HasIgnoreTimeoutTxn || request.IgnoreTimeoutTxn;
        return ReadAsync(
            request.CloudUniqueId,
            async (reader, instanceId, token) =>
            {
                var (response, now) = (new CheckTxnConflictResponse(), context.Now);
                var range = KeyRanges.RunningTxnsBefore(instanceId, request.DbId, request.EndTxnId);
                await foreach (var running in reader.ScanAsync(range, cancellationToken: token).ConfigureAwait(false))
                {
                    if (!running.Record.TableIds.Any(tables.Contains))
                    {
                        continue;
                    }

                    var (dbId, txnId) = TxnStore.IdsOf(running.Fields);
                    var txn = await reader.GetAsync(Key.TxnInfo(instanceId, dbId, txnId), cancellationToken: token)
                        .ConfigureAwait(false);
                    if (txn is not null &&
                        (!ignoresTimedOut || running.Record.TimeoutTime >= now || txn.Status == Status.TxnStatusCommitted))
                    {
                        response.ConflictTxns.Add(txn);
                    }
                }

                response.Finished = response.ConflictTxns.Count == 0;
                return response;
            },
            cancellationToken);
    }

    /// <summary>Runs a question about the instance of a request.</summary>
    private Task<T> ReadAsync<T>(
        string cloudUniqueId, Func<IKvReader, string, CancellationToken, ValueTask<T>> body,
        CancellationToken cancellationToken) =>
        context.Runner.ReadAsync(
            async (reader, token) =>
            {
                var instanceId = await TxnContext.ResolveAsync(reader, cloudUniqueId, token).ConfigureAwait(false);
                return await body(reader, instanceId, token).ConfigureAwait(false);
            },
            cancellationToken);

    private static async ValueTask<long> NewestAsync(
        IKvReader reader, string instanceId, long dbId, string label, CancellationToken token)
    {
        var txnIds = await TxnIdsAsync(reader, instanceId, dbId, label, token).ConfigureAwait(false);
        return txnIds.Count > 0 ? txnIds[^1] : throw TxnErrors.NoTxnOfLabel(dbId, label);
    }

    private static async ValueTask<long> OldestAsync(
        IKvReader reader, string instanceId, GetTxnIdRequest request, CancellationToken token)
    {
        foreach (var txnId in await TxnIdsAsync(reader, instanceId, request.DbId, request.Label, token).ConfigureAwait(false))
        {
            var txn = await TxnStore.LoadAsync(reader, instanceId, request.DbId, txnId, token).ConfigureAwait(false);
            if (request.TxnStatus.Contains(txn.Status))
            {
                return txnId;
            }
        }

        throw TxnErrors.NoTxnOfLabel(request.DbId, request.Label);
    }

    private static async ValueTask<IReadOnlyList<long>> TxnIdsAsync(
        IKvReader reader, string instanceId, long dbId, string label, CancellationToken token)
    {
        var key = Key.TxnLabel(instanceId, dbId, TxnRules.Label(label, "label"));
        var stored = await reader.GetAsync(key, cancellationToken: token).ConfigureAwait(false);
        return stored is { } found ? found.Record.TxnIds : [];
    }
}
