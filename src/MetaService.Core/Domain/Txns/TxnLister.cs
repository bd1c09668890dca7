using System.Globalization;
using System.Runtime.CompilerServices;
using MetaService.Domain.Instances;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Own;
using MetaService.Storage;
using Status = MetaService.Records.Cloud.TxnStatusPB;

namespace MetaService.Domain.Txns;

/// <summary>Lists transactions for operators, in the order of databases and ids.</summary>
internal sealed class TxnLister(TxnContext context)
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1000;

    // Records read for one page at most, so that a filter that matches little cannot outlive the age limit of a transaction.
    private const int MaxScanned = 5000;

    /// <exception cref="MetaServiceException">The request is wrong or the instance unknown.</exception>
    public Task<ListTxnsResponse> ListAsync(ListTxnsRequest request, CancellationToken cancellationToken)
    {
        var limit = request.HasLimit ? request.Limit : DefaultLimit;
        if (limit is < 1 or > MaxLimit)
        {
            throw Errors.Invalid($"limit must be from 1 to {MaxLimit}");
        }

        if (request.HasDbId)
        {
            TxnRules.Id(true, request.DbId, "db_id");
        }

        if (request.HasMinAgeMs)
        {
            TxnRules.Id(true, request.MinAgeMs, "min_age_ms");
        }

        var after = ParseToken(request.PageToken);
        return context.Runner.ReadAsync((reader, token) => ListAsync(reader, request, limit, after, token), cancellationToken);
    }

    private async ValueTask<ListTxnsResponse> ListAsync(
        IKvReader reader, ListTxnsRequest request, int limit, (long DbId, long TxnId)? after, CancellationToken token)
    {
        var instanceId = await InstanceResolver.ResolveAsync(reader, request.InstanceId, request.CloudUniqueId, token)
            .ConfigureAwait(false);
        await InstanceStore.LoadAsync(reader, instanceId, token).ConfigureAwait(false);
        var response = new ListTxnsResponse();
        var statuses = request.Status.ToHashSet();
        var begunUntil = context.Now - request.MinAgeMs;
        var scanned = 0;
        await foreach (var txn in CandidatesAsync(reader, instanceId, request, after, token).ConfigureAwait(false))
        {
            if ((statuses.Count == 0 || statuses.Contains(txn.Status)) && txn.PrepareTime <= begunUntil)
            {
                response.Txns.Add(txn);
            }

            if (response.Txns.Count == limit || ++scanned == MaxScanned)
            {
                response.NextPageToken = string.Create(CultureInfo.InvariantCulture, $"{txn.DbId}:{txn.TxnId}");
                break;
            }
        }

        return response;
    }

    /// <summary>The transactions to look at: the few that are running when no other can match.</summary>
    private static async IAsyncEnumerable<TxnInfoPB> CandidatesAsync(
        IKvReader reader, string instanceId, ListTxnsRequest request, (long DbId, long TxnId)? after,
        [EnumeratorCancellation] CancellationToken token)
    {
        var unfinished = request.Status.Count > 0 && request.Status.All(
            s => s is Status.TxnStatusPrepared or Status.TxnStatusPrecommitted or Status.TxnStatusCommitted);
        if (!unfinished)
        {
            var txns = request.HasDbId ? KeyRanges.Txns(instanceId, request.DbId) : KeyRanges.Txns(instanceId);
            txns = after is { } last ? txns.After(Key.TxnInfo(instanceId, last.DbId, last.TxnId)) : txns;
            await foreach (var txn in reader.ScanAsync(txns, cancellationToken: token).ConfigureAwait(false))
            {
                yield return txn.Record;
            }

            yield break;
        }

        var running = request.HasDbId ? KeyRanges.RunningTxns(instanceId, request.DbId) : KeyRanges.RunningTxns(instanceId);
        running = after is { } before ? running.After(Key.TxnRunning(instanceId, before.DbId, before.TxnId)) : running;
        await foreach (var found in reader.ScanAsync(running, cancellationToken: token).ConfigureAwait(false))
        {
            var (dbId, txnId) = TxnStore.IdsOf(found.Fields);
            if (await reader.GetAsync(Key.TxnInfo(instanceId, dbId, txnId), cancellationToken: token)
                .ConfigureAwait(false) is { } txn)
            {
                yield return txn;
            }
        }
    }

    private static (long DbId, long TxnId)? ParseToken(string pageToken)
    {
        if (pageToken.Length == 0)
        {
            return null;
        }

        var parts = pageToken.Split(':');
        return parts.Length == 2 &&
            long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var dbId) &&
            long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var txnId)
            ? (dbId, txnId)
            : throw Errors.Invalid("page_token must be the next_page_token of an earlier page");
    }
}
