namespace MetaService.Storage.Embedded;

/// <summary>How many commits a batch waits for: the rule by which commits share a sync.</summary>
/// <remarks>
/// A sync, with what goes with it, costs about as much processor time for one commit as for thirty. A few callers are served
/// best by a batch that takes what has come during the sync before it. Many keep the processors so busy that they come one by
/// one: most of the time then goes into syncs for a handful. So where many come a batch waits for half of them, and the other
/// half is worked for while it is synced.
/// </remarks>
public static class BatchSize
{
    /// <summary>With fewer callers than this there is too little to gain for anybody to wait.</summary>
    public const int FewCallers = 8;

    /// <summary>How many commits there should be before the next batch is written; 1 is not to wait.</summary>
    /// <param name="last">Commits of the batch that has been written, whose callers may come again.</param>
    /// <param name="waiting">Commits that wait by now.</param>
    public static int Next(int last, int waiting) => last + waiting < FewCallers ? 1 : (last + waiting) / 2;
}
