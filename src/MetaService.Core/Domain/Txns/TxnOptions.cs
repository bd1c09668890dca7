namespace MetaService.Domain.Txns;

/// <summary>Settings of the transaction operations.</summary>
public sealed class TxnOptions
{
    /// <summary>Most aborted transactions that one label may have; a further begin is refused.</summary>
    public int MaxAbortedPerLabel { get; set; } = 100;

    /// <summary>A commit of more rowsets than this is carried out in several KV transactions.</summary>
    public int LazyCommitRowsets { get; set; } = 1000;

    /// <summary>Most rowsets that one KV transaction of such a commit converts.</summary>
    public int LazyBatchRowsets { get; set; } = 500;

    /// <summary>Where such a KV transaction stops taking more rowsets, in bytes of rowset metadata.</summary>
    public int LazyBatchBytes { get; set; } = 2_000_000;

    /// <summary>How long a finished transaction and its label are kept.</summary>
    public TimeSpan LabelKeep { get; set; } = TimeSpan.FromSeconds(259_200);

    /// <summary>Most transactions that one KV transaction of the housekeeping aborts or removes.</summary>
    public int HousekeepingBatch { get; set; } = 100;
}
