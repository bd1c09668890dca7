using MetaService.Records.Cloud;
using Status = MetaService.Records.Cloud.TxnStatusPB;

namespace MetaService.Domain.Txns;

/// <summary>Rules of single transactions; pure functions of records. Times are unix milliseconds.</summary>
internal static class TxnRules
{
    /// <summary>Longest label, in characters: far above what FE nodes accept, and a key that fits the store.</summary>
    public const int LabelLength = 1024;

    /// <summary>The reason of an abort that gives none.</summary>
    public const string DefaultAbortReason = "User Abort";

    /// <summary>A transaction that has begun, still without its id.</summary>
    /// <exception cref="MetaServiceException">Label, database, tables or timeout are missing or wrong.</exception>
    public static TxnInfoPB Begin(TxnInfoPB? requested, long now)
    {
        if (requested is null)
        {
            throw Errors.Missing("txn_info");
        }

        Label(requested.Label, "txn_info.label");
        Id(requested.HasDbId, requested.DbId, "txn_info.db_id");
        if (requested.TableIds.Count == 0)
        {
            throw Errors.Missing("txn_info.table_ids");
        }

        Id(requested.HasTimeoutMs, requested.TimeoutMs, "txn_info.timeout_ms");
        var txn = requested.Clone();
        txn.Status = Status.TxnStatusPrepared;
        txn.PrepareTime = now;

        // What only the later steps of a transaction may say.
        txn.ClearTxnId();
        txn.ClearPrecommitTime();
        txn.ClearCommitTime();
        txn.ClearFinishTime();
        txn.ClearReason();
        txn.SubTxnIds.Clear();
        return txn;
    }

    /// <summary>When a prepared transaction times out.</summary>
    public static long PrepareTimeout(TxnInfoPB txn) => Later(txn.PrepareTime, txn.TimeoutMs);

    /// <summary>Marks a transaction as pre-committed.</summary>
    /// <returns>When it times out now.</returns>
    /// <exception cref="MetaServiceException">It is not prepared any more.</exception>
    public static long Precommit(TxnInfoPB txn, PrecommitTxnRequest request, long now)
    {
        EnsureOpen(txn);
        if (txn.Status == Status.TxnStatusPrecommitted)
        {
            throw TxnErrors.AlreadyPrecommitted(txn);
        }

        txn.Status = Status.TxnStatusPrecommitted;
        txn.PrecommitTime = now;
        if (request.CommitAttachment is { } attachment)
        {
            txn.CommitAttachment = attachment;
        }

        // What the transaction was begun with decides; the request helps out transactions that were begun without.
        return Later(now, txn switch
        {
            { HasPrecommitTimeoutMs: true } => txn.PrecommitTimeoutMs,
            _ when request.HasPrecommitTimeoutMs => request.PrecommitTimeoutMs,
            _ => txn.TimeoutMs,
        });
    }

    /// <summary>Marks a transaction as aborted.</summary>
    /// <exception cref="MetaServiceException">It is finished or committed.</exception>
    public static void Abort(TxnInfoPB txn, string? reason, TxnCommitAttachmentPB? attachment, long now)
    {
        EnsureOpen(txn);
        txn.Status = Status.TxnStatusAborted;
        txn.FinishTime = now;
        txn.Reason = string.IsNullOrEmpty(reason) ? DefaultAbortReason : reason;
        if (attachment is not null)
        {
            txn.CommitAttachment = attachment;
        }
    }

    /// <summary>Whether a commit of a transaction that is prepared or pre-committed may go on.</summary>
    /// <param name="runningTimeout">The timeout among the running ones, if it is there.</param>
    /// <exception cref="MetaServiceException">It may not.</exception>
    public static void EnsureCommittable(TxnInfoPB txn, bool isTwoPhase, long? runningTimeout, long now)
    {
        EnsureOpen(txn);
        if (isTwoPhase && txn.Status == Status.TxnStatusPrepared)
        {
            throw TxnErrors.NotPrecommitted(txn);
        }

        // A pre-commit gives the transaction the time that it promised, on top of what it had.
        if (Math.Max(PrepareTimeout(txn), runningTimeout ?? 0) < now)
        {
            throw TxnErrors.Expired(txn);
        }
    }

    /// <summary>Whether the transaction is neither finished nor committed.</summary>
    public static bool IsOpen(TxnInfoPB txn) => txn.Status is Status.TxnStatusPrepared or Status.TxnStatusPrecommitted;

    /// <summary>Whether nothing will ever change about the transaction.</summary>
    public static bool IsFinished(TxnInfoPB txn) => txn.Status is Status.TxnStatusVisible or Status.TxnStatusAborted;

    /// <exception cref="MetaServiceException">The transaction is finished or committed.</exception>
    public static void EnsureOpen(TxnInfoPB txn)
    {
        switch (txn.Status)
        {
            case Status.TxnStatusPrepared or Status.TxnStatusPrecommitted:
                return;
            case Status.TxnStatusAborted:
                throw TxnErrors.AlreadyAborted(txn);
            case Status.TxnStatusVisible:
                throw TxnErrors.AlreadyVisible(txn);
            case Status.TxnStatusCommitted:
                throw TxnErrors.AlreadyCommitted(txn);
            default:
                throw new InvalidDataException($"transaction {txn.TxnId} is stored with status {txn.Status}");
        }
    }

    /// <summary>An id or duration that must be given; negative ones have no place in keys or times.</summary>
    public static long Id(bool given, long value, string field)
    {
        if (!given)
        {
            throw Errors.Missing(field);
        }

        return value >= 0 ? value : throw Errors.Invalid($"{field} must not be negative");
    }

    /// <summary>A label that must be given.</summary>
    public static string Label(string? label, string field) =>
        Check.Given(label, field).Length <= LabelLength ? label! : throw Errors.TooLong(field, LabelLength);

    /// <summary>A point in time some milliseconds after another, or the end of time.</summary>
    private static long Later(long time, long milliseconds) =>
        time > long.MaxValue - milliseconds ? long.MaxValue : time + milliseconds;
}
