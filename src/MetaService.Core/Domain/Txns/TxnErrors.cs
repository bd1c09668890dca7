using MetaService.Records.Cloud;

namespace MetaService.Domain.Txns;

/// <summary>Every refusal of the transaction operations.</summary>
public static class TxnErrors
{
    public static MetaServiceException NotFound(long txnId) =>
        new(MetaServiceCode.TxnIdNotFound, $"transaction not found, txn_id={txnId}");

    public static MetaServiceException DuplicatedRequest(TxnInfoPB txn) => new(
        MetaServiceCode.TxnDuplicatedReq, $"the request has begun a transaction before, {Place(txn)}")
    {
        PartialResponse = new BeginTxnResponse { DupTxnId = txn.TxnId, TxnStatus = txn.Status },
    };

    public static MetaServiceException LabelInUse(TxnInfoPB txn) => new(
        MetaServiceCode.TxnLabelAlreadyUsed, $"label is already used, {Place(txn)}")
    {
        PartialResponse = new BeginTxnResponse { TxnStatus = txn.Status },
    };

    public static MetaServiceException LabelNotFound(long dbId, string label) =>
        new(MetaServiceCode.TxnLabelNotFound, $"label not found, db_id={dbId} label={label}");

    public static MetaServiceException NoTxnOfLabel(long dbId, string label) =>
        new(MetaServiceCode.TxnIdNotFound, $"no matching transaction of this label, db_id={dbId} label={label}");

    public static MetaServiceException NoOpenTxnOfLabel(long dbId, string label) =>
        new(
            MetaServiceCode.TxnInvalidStatus,
            $"no transaction of this label can be aborted any more, db_id={dbId} label={label}");

    public static MetaServiceException TooManyAborted(string label, int limit) =>
        Errors.Invalid($"too many aborted transactions, at most {limit} may have the same label, label={label}");

    public static MetaServiceException NoIdFromStamp() => new(
        MetaServiceCode.TxnGenIdErr,
        "no transaction id can be made from the versionstamp, too many commits at one version; try again");

    public static MetaServiceException AlreadyAborted(TxnInfoPB txn) =>
        Already(MetaServiceCode.TxnAlreadyAborted, "aborted", txn);

    public static MetaServiceException AlreadyVisible(TxnInfoPB txn) =>
        Already(MetaServiceCode.TxnAlreadyVisible, "visible", txn);

    public static MetaServiceException AlreadyCommitted(TxnInfoPB txn) =>
        Already(MetaServiceCode.TxnAlreadyCommited, "committed", txn);

    public static MetaServiceException AlreadyPrecommitted(TxnInfoPB txn) =>
        Already(MetaServiceCode.TxnAlreadyPrecommited, "pre-committed", txn);

    public static MetaServiceException NotPrecommitted(TxnInfoPB txn) => new(
        MetaServiceCode.TxnInvalidStatus, $"transaction is prepared, not pre-committed, db_id={txn.DbId} txn_id={txn.TxnId}");

    public static MetaServiceException NotCommitted(TxnInfoPB txn) => new(
        MetaServiceCode.TxnInvalidStatus, $"transaction is not committed yet, db_id={txn.DbId} txn_id={txn.TxnId}");

    public static MetaServiceException NotPrepared(TxnInfoPB txn) => new(
        MetaServiceCode.TxnInvalidStatus, $"transaction is not prepared any more, db_id={txn.DbId} txn_id={txn.TxnId}");

    public static MetaServiceException Expired(TxnInfoPB txn) => new(
        MetaServiceCode.UndefinedErr, $"txn is expired, not allow to commit txn_id={txn.TxnId}");

    public static MetaServiceException TabletNotFound(long tabletId) =>
        new(MetaServiceCode.TabletNotFound, $"a rowset of the transaction belongs to an unknown tablet, tablet_id={tabletId}");

    public static MetaServiceException LockExpired(long tableId, long txnId) => new(
        MetaServiceCode.LockExpired, $"the transaction does not hold the delete bitmap lock, table_id={tableId} lock_id={txnId}");

    public static MetaServiceException TooLarge(long txnId) =>
        Errors.Invalid($"the commit is larger than one store transaction may be and cannot be parted, txn_id={txnId}");

    public static MetaServiceException SubTxnCountMismatch(TxnInfoPB txn, long expected) => new(
        MetaServiceCode.UndefinedErr,
        $"sub_txn_num mismatch, txn_id={txn.TxnId} expected sub_txn_num={expected} actual={txn.SubTxnIds.Count}");

    public static MetaServiceException SubTxnNotFound(long txnId, long subTxnId) =>
        new(MetaServiceCode.TxnIdNotFound, $"no such sub transaction, txn_id={txnId} sub_txn_id={subTxnId}");

    public static MetaServiceException RoutineLoadProgressNotFound(long dbId, long jobId) => new(
        MetaServiceCode.RoutineLoadProgressNotFound, $"no progress of this routine load job, db_id={dbId} job_id={jobId}");

    public static MetaServiceException StreamingJobNotFound(long dbId, long jobId) => new(
        MetaServiceCode.StreamingJobProgressNotFound, $"no progress of this streaming job, db_id={dbId} job_id={jobId}");

    private static MetaServiceException Already(MetaServiceCode code, string state, TxnInfoPB txn) =>
        new(code, $"transaction is already {state}: db_id={txn.DbId} txn_id={txn.TxnId}");

    private static string Place(TxnInfoPB txn) => $"db_id={txn.DbId} label={txn.Label} txn_id={txn.TxnId}";
}
