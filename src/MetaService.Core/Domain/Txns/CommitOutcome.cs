namespace MetaService.Domain.Txns;

/// <summary>How one attempt to commit has ended.</summary>
internal enum CommitEnding
{
    /// <summary>The transaction is visible.</summary>
    Visible,

    /// <summary>The transaction is committed; what makes it visible is still to be done.</summary>
    Committed,

    /// <summary>Nothing was written: there are too many rowsets for one KV transaction.</summary>
    TooMany,

    /// <summary>Nothing was written: a partition waits for another transaction to become visible.</summary>
    Waiting,
}

/// <param name="WaitsFor">With <see cref="CommitEnding.Waiting"/>: the other transaction.</param>
internal readonly record struct CommitOutcome(CommitEnding Ending, long WaitsFor = -1);
