using FoundationDB.Client;

namespace MetaService.Storage.FoundationDb;

/// <summary>What an error code of the client means to the seam: the one table.</summary>
/// <param name="Read">The outcome when it comes up anywhere before the commit.</param>
/// <param name="Commit">The outcome when it ends a commit.</param>
public readonly record struct FoundationDbOutcome(KvError Read, KvError Commit)
{
    /// <summary>The same wherever it comes up.</summary>
    public FoundationDbOutcome(KvError always)
        : this(always, always)
    {
    }
}

/// <summary>Maps the errors of the client to those of the seam.</summary>
public static class FoundationDbErrors
{
    /// <summary>The cluster is not there or is busy, and said so before it took the commit.</summary>
    private static readonly FoundationDbOutcome NotTaken = new(KvError.Unavailable);

    /// <summary>Nobody answered in time, or the answer was lost: a commit under way may have been applied.</summary>
    private static readonly FoundationDbOutcome Unanswered = new(KvError.Unavailable, KvError.CommitUnknown);

    private static readonly FoundationDbOutcome TooLarge = new(KvError.TooLarge);

    /// <summary>
    /// The codes that mean something of their own, then the ranges that all others fall in. A code that no version of the client has
    /// yet is taken for the least that it may mean: on a commit, that nobody knows.
    /// </summary>
    private static readonly (int First, int Last, FoundationDbOutcome Outcome)[] Table =
    [
        Code(FdbError.TransactionTooOld, new(KvError.TooOld)),
        Code(FdbError.NotCommitted, new(KvError.Conflict)),
        Code(FdbError.FutureVersion, NotTaken),
        Code(FdbError.ProcessBehind, NotTaken),
        Code(FdbError.DatabaseLocked, NotTaken),
        Code(FdbError.ProxyMemoryLimitExceeded, NotTaken),
        Code(FdbError.GrvProxyMemoryLimitExceeded, NotTaken),
        Code(FdbError.BatchTransactionThrottled, NotTaken),
        Code(FdbError.TagThrottled, NotTaken),
        Code(FdbError.ProxyTagThrottled, NotTaken),
        Code(FdbError.TooManyWatches, new(KvError.InvalidOperation)),
        Code(FdbError.AccessedUnreadable, new(KvError.InvalidOperation)),
        Code(FdbError.StorageQuotaExceeded, NotTaken),
        Code(FdbError.TransactionTooLarge, TooLarge),
        Code(FdbError.KeyTooLarge, TooLarge),
        Code(FdbError.ValueTooLarge, TooLarge),
        Code(FdbError.IncompatibleProtocolVersion, Unanswered),
        Code(FdbError.ConnectionStringInvalid, NotTaken),
        Code(FdbError.TlsError, Unanswered),

        // The cluster, its processes, its machines and the way there.
        (1000, 1999, Unanswered),

        // A call that the client refuses before it sends anything: a mistake of ours.
        (2000, 2999, new(KvError.InvalidOperation)),

        // Defects of the client or the cluster (4000), refused authorization (6000), and whatever else there may be.
        (int.MinValue, int.MaxValue, Unanswered),
    ];

    /// <summary>The outcome of an error code.</summary>
    public static FoundationDbOutcome Of(FdbError code) =>
        Table.First(entry => (int)code >= entry.First && (int)code <= entry.Last).Outcome;

    /// <summary>The exception for a call that failed before the commit.</summary>
    public static KvException OfRead(FdbException e) => new(Of(e.Code).Read, Describe(e), e);

    /// <summary>The outcome of a commit that failed.</summary>
    public static KvCommit OfCommit(FdbException e) => KvCommit.Failed(Of(e.Code).Commit, Describe(e));

    private static string Describe(FdbException e) => $"FoundationDB error {(int)e.Code}: {e.Message}";

    private static (int First, int Last, FoundationDbOutcome Outcome) Code(FdbError code, FoundationDbOutcome outcome) =>
        ((int)code, (int)code, outcome);
}
