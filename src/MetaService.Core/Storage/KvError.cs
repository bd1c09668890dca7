namespace MetaService.Storage;

/// <summary>What went wrong with a read or a commit; every store maps its own errors to these.</summary>
public enum KvError
{
    /// <summary>Nothing: the transaction is committed.</summary>
    None = 0,

    /// <summary>A key or range that this transaction read was written by another one since; nothing was applied, run it again.</summary>
    Conflict,

    /// <summary>The read version is more than <see cref="KvLimits.TransactionAge"/> old; nothing was applied, run it again.</summary>
    TooOld,

    /// <summary>A key, a value or the whole transaction is over <see cref="KvLimits"/>; running it again cannot help.</summary>
    TooLarge,

    /// <summary>The call itself is wrong: reserved key, inverted range, read of an unresolved versionstamp.</summary>
    InvalidOperation,

    /// <summary>The store cannot be reached or refuses work; nothing was applied.</summary>
    Unavailable,

    /// <summary>The commit may or may not have been applied. Only <see cref="TransactionRunner"/> may resolve this.</summary>
    CommitUnknown,
}

/// <summary>A read or write that the store refused. Commits do not throw: see <see cref="KvCommit"/>.</summary>
public sealed class KvException(KvError error, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The kind of failure; never <see cref="KvError.None"/>.</summary>
    public KvError Error { get; } = error;

    /// <summary>Whether the store has stopped working until it is opened again: every further call ends like this.</summary>
    public bool IsFinal { get; init; }

    /// <summary>Whether a new attempt of the same transaction may succeed.</summary>
    public bool IsRetryable => !IsFinal && (Error is KvError.Conflict or KvError.TooOld or KvError.Unavailable);
}
