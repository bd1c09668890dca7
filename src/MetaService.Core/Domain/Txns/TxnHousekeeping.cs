using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;
using Status = MetaService.Records.Cloud.TxnStatusPB;

namespace MetaService.Domain.Txns;

/// <summary>
/// What has to be done about transactions from time to time. Every server may do it, also several at once: each batch is one KV
/// transaction that looks again before it changes anything.
/// </summary>
public sealed class TxnHousekeeping
{
    /// <summary>The reason that a transaction which has timed out is aborted with.</summary>
    public const string TimeoutReason = "timeout";

    private readonly TxnContext _context;
    private readonly LazyCommitter _lazy;

    public TxnHousekeeping(TransactionRunner runner, TimeProvider time, TxnOptions options)
    {
        _context = new TxnContext(runner, time, options);
        _lazy = new LazyCommitter(_context);
    }

    /// <summary>
    /// Aborts the transactions of an instance that have timed out. Those among them that are committed are made visible: the
    /// server that was at it is gone.
    /// </summary>
    /// <returns>How many were aborted or made visible.</returns>
    public async Task<int> AbortExpiredAsync(string instanceId, CancellationToken cancellationToken = default)
    {
        var done = 0;
        await foreach (var page in _context.Runner
            .PagesAsync(KeyRanges.RunningTxns(instanceId), _context.Options.HousekeepingBatch, cancellationToken)
            .ConfigureAwait(false))
        {
            var due = page.Where(r => IsDue(r.Record)).ToList();
            if (due.Count == 0)
            {
                continue;
            }

            var (aborted, committed) = await _context.Runner.RunAsync(
                (transaction, token) => AbortAsync(transaction, instanceId, due, token), cancellationToken).ConfigureAwait(false);
            foreach (var txnId in committed)
            {
                await _lazy.DriveAsync(instanceId, txnId, null, cancellationToken).ConfigureAwait(false);
            }

            done += aborted + committed.Count;
        }

        return done;
    }

    /// <summary>Removes the transactions of an instance that have been finished for long enough, with their labels.</summary>
    /// <returns>How many were removed.</returns>
    public async Task<int> RemoveFinishedAsync(string instanceId, CancellationToken cancellationToken = default)
    {
        var done = 0;
        await foreach (var page in _context.Runner
            .PagesAsync(KeyRanges.RecycledTxns(instanceId), _context.Options.HousekeepingBatch, cancellationToken)
            .ConfigureAwait(false))
        {
            var due = page.Where(r => IsDue(r.Record)).ToList();
            if (due.Count > 0)
            {
                done += await _context.Runner.RunAsync(
                    (transaction, token) => RemoveAsync(transaction, instanceId, due, token), cancellationToken)
                    .ConfigureAwait(false);
            }
        }

        return done;
    }

    private async ValueTask<(int Aborted, List<long> Committed)> AbortAsync(
        IKvTransaction transaction, string instanceId, List<KeyedRecord<TxnRunningPB>> due, CancellationToken token)
    {
        var (aborted, committed) = (0, new List<long>());
        foreach (var found in due)
        {
            var running = await transaction.GetAsync(found.Key, cancellationToken: token).ConfigureAwait(false);
            if (running is null || !IsDue(running))
            {
                continue;
            }

            var (dbId, txnId) = TxnStore.IdsOf(found.Fields);
            var txn = await transaction.GetAsync(Key.TxnInfo(instanceId, dbId, txnId), cancellationToken: token)
                .ConfigureAwait(false);
            if (txn is null || TxnRules.IsFinished(txn))
            {
                // Left over in data of other services: nothing of it is running.
                transaction.Clear(found.Key);
            }
            else if (txn.Status == Status.TxnStatusCommitted)
            {
                committed.Add(txnId);
            }
            else
            {
                TxnRules.Abort(txn, TimeoutReason, null, _context.Now);
                TxnStore.SaveFinished(transaction, instanceId, txn);
                aborted++;
            }
        }

        return (aborted, committed);
    }

    private async ValueTask<int> RemoveAsync(
        IKvTransaction transaction, string instanceId, List<KeyedRecord<RecycleTxnPB>> due, CancellationToken token)
    {
        var removed = 0;
        foreach (var found in due)
        {
            var recycled = await transaction.GetAsync(found.Key, cancellationToken: token).ConfigureAwait(false);
            if (recycled is null || !IsDue(recycled))
            {
                continue;
            }

            var (dbId, txnId) = TxnStore.IdsOf(found.Fields);
            var txn = await transaction.GetAsync(Key.TxnInfo(instanceId, dbId, txnId), cancellationToken: token)
                .ConfigureAwait(false);
            await TxnRemoval.RemoveTxnAsync(transaction, instanceId, dbId, txnId, txn, recycled.Label, token)
                .ConfigureAwait(false);
            removed++;
        }

        return removed;
    }

    private bool IsDue(TxnRunningPB running) => running.TimeoutTime < _context.Now;

    private bool IsDue(RecycleTxnPB recycled) =>
        recycled.Immediate || recycled.CreationTime + (long)_context.Options.LabelKeep.TotalMilliseconds < _context.Now;
}
