namespace MetaService.Storage.RocksDb;

/// <summary>The commits that wait for the committer's thread, in the order in which they came.</summary>
internal sealed class CommitQueue
{
    /// <summary>Most commits in a batch; keeps the order in a versionstamp within ten bits.</summary>
    public const int MaxBatchCommits = 1024;

    /// <summary>Bytes after which a batch takes no further commit.</summary>
    private const int MaxBatchBytes = 16 << 20;

    /// <summary>
    /// Longest wait for a batch to fill, in milliseconds: about what a sync takes. It runs to its end only when callers stay away
    /// that were there a moment ago.
    /// </summary>
    private const int MaxGathering = 1;

    private const int Nobody = int.MaxValue;

    /// <summary>Guards the rest and is signalled when there is enough to do; a plain object because of the signal.</summary>
    private readonly object _monitor = new();
    private readonly Queue<PendingCommit> _waiting = new();
    private string? _refusal;

    /// <summary>So many commits wake the thread up: signals to a thread that works would be for nothing.</summary>
    private int _wakeAt = Nobody;

    /// <summary>Commits that wait now.</summary>
    public int Count
    {
        get
        {
            lock (_monitor)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Null when the commit was taken in, else why not.</summary>
    public string? Add(PendingCommit commit)
    {
        lock (_monitor)
        {
            if (_refusal is not null)
            {
                return _refusal;
            }

            _waiting.Enqueue(commit);
            if (_waiting.Count >= _wakeAt)
            {
                Wake();
            }

            return null;
        }
    }

    /// <summary>Takes no more commits and returns those that wait, which are not in the queue any more.</summary>
    /// <param name="reason">Kept unless there is one already.</param>
    public IReadOnlyCollection<PendingCommit> CloseAndEmpty(string reason)
    {
        lock (_monitor)
        {
            _refusal ??= reason;
            PendingCommit[] stranded = [.. _waiting];
            _waiting.Clear();
            return stranded;
        }
    }

    /// <summary>Takes no more commits; those that wait can still be taken out.</summary>
    public void Close(string reason)
    {
        lock (_monitor)
        {
            _refusal ??= reason;
            Wake();
        }
    }

    /// <summary>Moves commits to a batch once there are some; false when there will be none. For one thread.</summary>
    /// <param name="target">So many are worth a short wait.</param>
    public bool Take(List<PendingCommit> batch, int target)
    {
        lock (_monitor)
        {
            if (_waiting.Count < target && _refusal is null)
            {
                WaitFor(target, MaxGathering);
            }

            while (_waiting.Count == 0)
            {
                if (_refusal is not null)
                {
                    return false;
                }

                WaitFor(1, Timeout.Infinite);
            }

            for (var bytes = 0; batch.Count < MaxBatchCommits && bytes < MaxBatchBytes && _waiting.TryDequeue(out var pending);)
            {
                batch.Add(pending);
                bytes += pending.Request.Writes.Size;
            }
        }

        return true;
    }

    private void WaitFor(int count, int milliseconds)
    {
        _wakeAt = count;
        Monitor.Wait(_monitor, milliseconds);
        _wakeAt = Nobody;
    }

    private void Wake()
    {
        _wakeAt = Nobody;
        Monitor.Pulse(_monitor);
    }
}
