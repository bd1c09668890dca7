using System.Threading.Tasks.Sources;
using MetaService.Storage.Embedded;

namespace MetaService.Storage.RocksDb;

/// <summary>A commit that waits for its outcome. Its task may be awaited once.</summary>
internal sealed class PendingCommit(CommitRequest request) : IValueTaskSource<KvCommit>
{
    private ManualResetValueTaskSourceCore<KvCommit> _source;

    public CommitRequest Request => request;

    /// <summary>For the committer, until it answers.</summary>
    public KvCommit? Outcome { get; set; }

    public ValueTask<KvCommit> Task => new(this, _source.Version);

    /// <summary>Gives the outcome to the caller, who goes on at once on this thread.</summary>
    public void Answer() => _source.SetResult(Outcome!.Value);

    KvCommit IValueTaskSource<KvCommit>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<KvCommit>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<KvCommit>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}

/// <summary>
/// The answers to a batch, given by threads of the pool one after the other: a work item for each of them would cost more than
/// many of the answers do. A caller that goes on for long before it waits holds up those behind it, unless there is another
/// thread.
/// </summary>
internal sealed class CommitAnswers : IThreadPoolWorkItem
{
    /// <summary>Answers that are worth a thread.</summary>
    private const int PerThread = 4;

    private readonly PendingCommit[] _batch;
    private int _next;

    private CommitAnswers(PendingCommit[] batch) => _batch = batch;

    /// <summary>Lets the pool answer commits whose outcome is set.</summary>
    public static void Give(IReadOnlyCollection<PendingCommit> batch)
    {
        var answers = new CommitAnswers([.. batch]);
        for (var threads = Math.Clamp(batch.Count / PerThread, 1, Environment.ProcessorCount); threads > 0; threads--)
        {
            ThreadPool.UnsafeQueueUserWorkItem(answers, preferLocal: false);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        for (int i; (i = Interlocked.Increment(ref _next) - 1) < _batch.Length;)
        {
            _batch[i].Answer();
        }
    }
}
