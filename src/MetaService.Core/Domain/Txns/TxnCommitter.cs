using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;
using Status = MetaService.Records.Cloud.TxnStatusPB;

namespace MetaService.Domain.Txns;

/// <summary>
/// Commits transactions: at once in a single KV transaction (<see cref="ImmediateCommit"/>), or, when there are too many
/// rowsets for one, lazily in several (<see cref="LazyCommit"/>, <see cref="LazyCommitter"/>). To the caller there is no
/// difference.
/// </summary>
internal sealed class TxnCommitter(TxnContext context, LazyCommitter lazy)
{
    /// <summary>Commits a transaction and makes it visible.</summary>
    /// <exception cref="MetaServiceException">The request is refused; nothing was written.</exception>
    public async Task<CommitTxnResponse> CommitAsync(CommitTxnRequest request, CancellationToken cancellationToken)
    {
        TxnRules.Id(request.HasTxnId, request.TxnId, "txn_id");
        var sources = Sources(request);
        var inBatches = false;
        var awaited = new HashSet<long>();
        while (true)
        {
            var attempt = await AttemptAsync(request, sources, inBatches, cancellationToken).ConfigureAwait(false);
            var (ending, waitsFor) = attempt.Outcome;
            switch (ending)
            {
                case CommitEnding.Visible:
                    return attempt.Response;
                case CommitEnding.Committed:
                    attempt.Response.TxnInfo =
                        await lazy.DriveAsync(attempt.InstanceId, request.TxnId, null, cancellationToken).ConfigureAwait(false);
                    return attempt.Response;
                case CommitEnding.TooMany:
                    inBatches = true;
                    break;
                case CommitEnding.Waiting when awaited.Add(waitsFor):
                    await lazy.DriveAsync(attempt.InstanceId, waitsFor, null, cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    throw new InvalidDataException($"a partition still waits for transaction {waitsFor}, which is visible");
            }
        }
    }

    /// <summary>The transactions whose rowsets are committed, in the order of their versions.</summary>
    private static long[] Sources(CommitTxnRequest request)
    {
        if (!request.IsTxnLoad)
        {
            return [request.TxnId];
        }

        var sources = request.SubTxnInfos
            .Select(s => TxnRules.Id(s.HasSubTxnId, s.SubTxnId, "sub_txn_infos.sub_txn_id")).ToArray();
        return sources.Distinct().Count() == sources.Length
            ? sources
            : throw Errors.Invalid("sub_txn_infos must not name a sub transaction twice");
    }

    private async Task<Attempt> AttemptAsync(
        CommitTxnRequest request, long[] sources, bool inBatches, CancellationToken cancellationToken)
    {
        try
        {
            return await context.Runner.RunAsync(
                (transaction, token) => AttemptAsync(transaction, request, sources, inBatches, token), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (KvException e) when (e.Error == KvError.TooLarge)
        {
            return inBatches || request.IsTxnLoad
                ? throw TxnErrors.TooLarge(request.TxnId)
                : new Attempt(new CommitOutcome(CommitEnding.TooMany), string.Empty, new CommitTxnResponse());
        }
    }

    private async ValueTask<Attempt> AttemptAsync(
        IKvTransaction transaction, CommitTxnRequest request, long[] sources, bool inBatches, CancellationToken token)
    {
        var instanceId = await TxnContext.ResolveAsync(transaction, request.CloudUniqueId, token).ConfigureAwait(false);
        var txn = await TxnStore.LoadAsync(transaction, instanceId, request.TxnId, token).ConfigureAwait(false);
        var response = new CommitTxnResponse { TxnInfo = txn };
        if (!request.Is2Pc && RepeatedOutcome(txn) is { } repeated)
        {
            return new Attempt(repeated, instanceId, response);
        }

        var running = await transaction
            .GetAsync(Key.TxnRunning(instanceId, txn.DbId, txn.TxnId), cancellationToken: token).ConfigureAwait(false);
        txn.CommitTime = context.Now;
        TxnRules.EnsureCommittable(txn, request.Is2Pc, running?.TimeoutTime, txn.CommitTime);
        EnsureOwn(txn, sources);
        txn.CommitAttachment = request.CommitAttachment ?? txn.CommitAttachment;
        var change = new CommitChange(transaction, instanceId, txn, request);
        var outcome = inBatches
            ? await LazyCommit.DecideAsync(change, response, token).ConfigureAwait(false)
            : await ImmediateCommit.WriteAsync(change, sources, MostRowsets(request), response, token).ConfigureAwait(false);
        return new Attempt(outcome, instanceId, response);
    }

    /// <summary>
    /// Set when the transaction is committed already: the reply may have been lost, so the second commit gets the same.
    /// </summary>
    private static CommitOutcome? RepeatedOutcome(TxnInfoPB txn) => txn.Status switch
    {
        Status.TxnStatusVisible => new CommitOutcome(CommitEnding.Visible),
        Status.TxnStatusCommitted => new CommitOutcome(CommitEnding.Committed),
        _ => null,
    };

    /// <summary>The rowsets of other transactions are not to be committed.</summary>
    private static void EnsureOwn(TxnInfoPB txn, long[] sources)
    {
        foreach (var source in sources)
        {
            if (source != txn.TxnId && !txn.SubTxnIds.Contains(source))
            {
                throw TxnErrors.SubTxnNotFound(txn.TxnId, source);
            }
        }
    }

    // The versions inside a transaction load depend on the order of its parts, which no record tells: it is committed at once.
    private int MostRowsets(CommitTxnRequest request) => request.IsTxnLoad ? int.MaxValue : context.Options.LazyCommitRowsets;

    private sealed record Attempt(CommitOutcome Outcome, string InstanceId, CommitTxnResponse Response);
}
