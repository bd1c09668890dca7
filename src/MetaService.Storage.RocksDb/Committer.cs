using MetaService.Storage.Embedded;

namespace MetaService.Storage.RocksDb;

/// <summary>
/// The one thread that writes. It takes all commits that wait, decides on them in order, writes the winners as one synced batch
/// and only then answers: what is acknowledged is on disk, and one sync serves many. <see cref="BatchSize"/> says how many.
/// </summary>
/// <remarks>
/// A thread of its own, since it spends its time waiting for the disk. When a write or its sync fails, nobody can say what is on
/// disk, and a later sync that succeeds would prove nothing about this one; so it stops for good, and only a restart, which
/// reads what is really there, brings the store back.
/// </remarks>
internal sealed class Committer : ICommitter
{
    private readonly DatabaseHandle _database;
    private readonly PublishedViews _views;
    private readonly VersionClock _clock;
    private readonly ConflictHistory _history;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CommitQueue _queue = new();

    private long _commits;
    private long _batches;
    private long _conflicts;

    public Committer(DatabaseHandle database, PublishedViews views, VersionClock clock, TimeProvider time)
    {
        _database = database;
        _views = views;
        _clock = clock;
        _history = new ConflictHistory(time);
        new Thread(Run) { Name = "rocksdb-commit", IsBackground = true }.Start();
    }

    /// <summary>What was written when.</summary>
    public WriteStamps WriteStamps { get; } = new();

    public RocksDbStatistics Statistics =>
        new(Interlocked.Read(ref _commits), Interlocked.Read(ref _batches), Interlocked.Read(ref _conflicts));

    public ValueTask<KvCommit> CommitAsync(CommitRequest request)
    {
        var pending = new PendingCommit(request);
        return _queue.Add(pending) is { } refusal
            ? ValueTask.FromResult(KvCommit.Failed(KvError.Unavailable, refusal))
            : pending.Task;
    }

    /// <summary>Takes no more commits, finishes those that wait, and ends the thread.</summary>
    public Task StopAsync()
    {
        _queue.Close("the store is closed");
        return _ended.Task;
    }

    private void Run()
    {
        var batch = new List<PendingCommit>();
        for (var target = 1; _queue.Take(batch, target); batch.Clear())
        {
            Commit(batch);
            target = BatchSize.Next(batch.Count, _queue.Count);
            CommitAnswers.Give(batch);
        }

        _ended.SetResult();
    }

    private void Commit(List<PendingCommit> batch)
    {
        var writing = false;
        try
        {
            using var changes = new CommitBatch(_views.Newest);
            var version = _clock.Next(batch.Max(pending => pending.Request.LeastVersion));
            var winners = Decide(batch, changes, version);
            if (winners > 0)
            {
                writing = true;
                _database.Write(changes.Native, version);
                changes.NoteIn(WriteStamps, version);
                _views.Publish(new SnapshotView(_database, version));
                Interlocked.Add(ref _commits, winners);
                Interlocked.Increment(ref _batches);
            }
        }
        // Whatever it is: the callers must get an answer, and nothing more may be written.
        catch (Exception e)
        {
            Fail(batch, writing, e.Message);
        }
    }

    /// <summary>Gives every commit its outcome, should the write succeed, and collects what the winners write.</summary>
    private int Decide(List<PendingCommit> batch, CommitBatch changes, long version)
    {
        _history.Prune(_views.OldestVersion);
        var winners = 0;
        foreach (var pending in batch)
        {
            var request = pending.Request;
            var error = _history.Check(request.ReadVersion, request.Reads, out var conflictKey);
            if (error == KvError.None)
            {
                var stamp = new Versionstamp(version, (ushort)winners++);
                request.Writes.ApplyTo(changes, stamp);
                _history.Add(stamp, request.Writes);
                pending.Outcome = new KvCommit(KvError.None, stamp);
            }
            else
            {
                pending.Outcome = ConflictHistory.Refusal(error, conflictKey);
                Interlocked.Increment(ref _conflicts);
            }
        }

        return winners;
    }

    private void Fail(List<PendingCommit> batch, bool writing, string cause)
    {
        var refusal = $"the store has stopped after a failure and must be restarted: {cause}";
        foreach (var pending in batch)
        {
            // Those refused stay refused; a commit that got as far as the disk may be there or not.
            if (pending.Outcome is null or { IsCommitted: true })
            {
                pending.Outcome = writing
                    ? KvCommit.Failed(KvError.CommitUnknown, cause)
                    : KvCommit.Failed(KvError.Unavailable, refusal);
            }
        }

        _views.Close(refusal);
        WriteStamps.Close();
        var stranded = _queue.CloseAndEmpty(refusal);
        foreach (var pending in stranded)
        {
            pending.Outcome = KvCommit.Failed(KvError.Unavailable, refusal);
        }

        CommitAnswers.Give(stranded);
    }
}
