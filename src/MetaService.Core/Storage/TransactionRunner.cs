using System.Security.Cryptography;

namespace MetaService.Storage;

/// <summary>How long and how often <see cref="TransactionRunner"/> tries.</summary>
public sealed class TransactionRunnerOptions
{
    /// <summary>Total time for all attempts of one call.</summary>
    public TimeSpan Deadline { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Most attempts after the first of one call; null for as many as the deadline leaves time for.</summary>
    public int? RetryLimit { get; set; }

    /// <summary>First pause after a failed attempt; doubles with each further one.</summary>
    public TimeSpan FirstBackoff { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Longest pause between two attempts.</summary>
    public TimeSpan MaxBackoff { get; set; } = TimeSpan.FromMilliseconds(250);
}

/// <summary>
/// The only retry loop over the store. It retries conflicts, old read versions and an unavailable store with backoff and jitter
/// up to a deadline, and finds out what became of a commit whose reply was lost.
/// </summary>
/// <remarks>
/// <para>A transaction function may run more than once: it makes its ids before the loop and has no side effect but on the
/// transaction. Any exception that is not a <see cref="KvException"/> passes through and nothing is written.</para>
/// <para>After a conflict on a key, the attempts of this runner that met there take turns: each commits in its turn instead of many
/// running again at once, of which all but one would fail again. Other servers are met with optimism and backoff as before.</para>
/// <para>Where the store says so (<see cref="IKvStore.CommitsCanBeUnknown"/>), each attempt with writes also writes its random id,
/// with its versionstamp, into a marker key of this runner, and lists that key as read. After an unknown outcome a second transaction
/// reads the marker and overwrites it: it finds the id, then the attempt was committed; or it commits without finding the id, then
/// the attempt conflicts with it and can never be committed, so that a new attempt is safe.</para>
/// </remarks>
public sealed class TransactionRunner(IKvStore store, TimeProvider time, TransactionRunnerOptions? options = null)
{
    private readonly TransactionRunnerOptions _options = options ?? new TransactionRunnerOptions();
    private readonly CommitMarkerSlots _slots = new();
    private readonly ConflictTurns _turns = new();

    /// <summary>The store that the transactions run on.</summary>
    public IKvStore Store { get; } = store;

    /// <summary>Runs a read-write transaction until it is committed and returns what the committed attempt returned.</summary>
    /// <exception cref="KvException">The store stayed unavailable, or refused the transaction for good.</exception>
    public Task<T> RunAsync<T>(
        Func<IKvTransaction, CancellationToken, ValueTask<T>> body, CancellationToken cancellationToken = default) =>
        RunAsync(body, static (result, _) => result, meetingKey: null, cancellationToken);

    /// <summary>
    /// Like <see cref="RunAsync{T}"/>, for a transaction that is going to change the record under a key: while others take turns
    /// there it takes its turn from the beginning, where it would only lose its first attempt.
    /// </summary>
    /// <param name="meetingKey">The key, or null when it is not known yet.</param>
    /// <exception cref="KvException">The store stayed unavailable, or refused the transaction for good.</exception>
    public Task<T> RunInTurnAsync<T>(
        byte[]? meetingKey,
        Func<IKvTransaction, CancellationToken, ValueTask<T>> body,
        CancellationToken cancellationToken = default) =>
        RunAsync(body, static (result, _) => result, meetingKey, cancellationToken);

    /// <summary>Like <see cref="RunAsync{T}"/>, with the versionstamp of the commit; null when nothing was written.</summary>
    public Task<(T Result, Versionstamp? Versionstamp)> RunStampedAsync<T>(
        Func<IKvTransaction, CancellationToken, ValueTask<T>> body, CancellationToken cancellationToken = default) =>
        RunAsync(body, static (result, stamp) => (result, stamp), meetingKey: null, cancellationToken);

    private async Task<TResult> RunAsync<T, TResult>(
        Func<IKvTransaction, CancellationToken, ValueTask<T>> body,
        Func<T, Versionstamp?, TResult> select,
        byte[]? meetingKey,
        CancellationToken cancellationToken)
    {
        var attempts = new Attempts(time, _options);
        using var turn = new ConflictTurn(_turns);
        if (meetingKey is not null)
        {
            await turn.JoinAsync(meetingKey, attempts.TimeLeft, cancellationToken).ConfigureAwait(false);
        }

        while (true)
        {
            KvException failure;
            byte[]? conflictKey = null;
            try
            {
                using var transaction = new WriteWatch(Store.BeginTransaction());
                var result = await body(transaction, cancellationToken).ConfigureAwait(false);
                var commit = await CommitAsync(transaction, attempts, cancellationToken).ConfigureAwait(false);
                if (commit.IsCommitted)
                {
                    return select(result, commit.Versionstamp);
                }

                failure = new KvException(commit.Error, commit.Detail ?? "the commit failed");
                conflictKey = commit.ConflictKey;
            }
            catch (KvException e)
            {
                failure = e;
            }

            attempts.CountOrThrow(failure);
            if (conflictKey is not null
                && await turn.TryTakeAsync(conflictKey, attempts.TimeLeft, cancellationToken).ConfigureAwait(false))
            {
                continue; // It was made to wait until the rival was done; there is no need to pause besides.
            }

            await attempts.PauseOrThrowAsync(failure, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Runs a function over one consistent version of the store.</summary>
    /// <exception cref="KvException">The store stayed unavailable, or refused the reads for good.</exception>
    public async Task<T> ReadAsync<T>(
        Func<IKvReader, CancellationToken, ValueTask<T>> body, CancellationToken cancellationToken = default)
    {
        var attempts = new Attempts(time, _options);
        while (true)
        {
            try
            {
                using var reader = Store.BeginRead();
                return await body(reader, cancellationToken).ConfigureAwait(false);
            }
            catch (KvException e)
            {
                attempts.CountOrThrow(e);
                await attempts.PauseOrThrowAsync(e, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Like <see cref="ReadAsync{T}(Func{IKvReader, CancellationToken, ValueTask{T}}, CancellationToken)"/>.</summary>
    /// <param name="trace">Told what was read by the attempt whose result is returned; null when nobody wants to know.</param>
    /// <exception cref="KvException">The store stayed unavailable, or refused the reads for good.</exception>
    public Task<T> ReadAsync<T>(
        Func<IKvReader, CancellationToken, ValueTask<T>> body, ReadTrace? trace, CancellationToken cancellationToken) =>
        trace is null ? ReadAsync(body, cancellationToken) : ReadAsync(
            async (reader, token) =>
            {
                trace.Begin(await reader.GetReadVersionAsync(token).ConfigureAwait(false));
                using var tracing = new TracingReader(reader, trace);
                return await body(tracing, token).ConfigureAwait(false);
            },
            cancellationToken);

    private ValueTask<KvCommit> CommitAsync(WriteWatch transaction, Attempts attempts, CancellationToken cancellationToken)
    {
        if (!transaction.HasWrites)
        {
            // What it read was consistent and there is nothing to apply, so there is no outcome that could be lost either.
            return ValueTask.FromResult(new KvCommit(KvError.None));
        }

        return Store.CommitsCanBeUnknown
            ? CommitMarkedAsync(transaction, attempts, cancellationToken)
            : transaction.CommitAsync(cancellationToken);
    }

    private async ValueTask<KvCommit> CommitMarkedAsync(
        WriteWatch transaction, Attempts attempts, CancellationToken cancellationToken)
    {
        using var slot = _slots.Rent();
        var attemptId = RandomNumberGenerator.GetBytes(CommitMarker.IdLength);
        CommitMarker.Write(transaction, slot.Key, attemptId);
        var commit = await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        if (commit.Error != KvError.CommitUnknown)
        {
            return commit;
        }

        var resolved = await ResolveAsync(slot.Key, attemptId, attempts, cancellationToken).ConfigureAwait(false);
        return resolved is { } stamp
            ? new KvCommit(KvError.None, stamp)
            : KvCommit.Failed(KvError.Conflict, "the commit was not applied");
    }

    /// <summary>Finds out what became of an attempt: its versionstamp when it was committed, null when it never will be.</summary>
    private async ValueTask<Versionstamp?> ResolveAsync(
        byte[] markerKey, byte[] attemptId, Attempts attempts, CancellationToken cancellationToken)
    {
        while (true)
        {
            KvException failure;
            try
            {
                using var fence = Store.BeginTransaction();
                var marker = await fence.GetAsync(markerKey, cancellationToken: cancellationToken).ConfigureAwait(false);
                if (CommitMarker.StampOf(marker, attemptId) is { } stamp)
                {
                    return stamp;
                }

                CommitMarker.Write(fence, markerKey, RandomNumberGenerator.GetBytes(CommitMarker.IdLength));
                var commit = await fence.CommitAsync(cancellationToken).ConfigureAwait(false);
                if (commit.IsCommitted)
                {
                    return null;
                }

                // A conflict means that the attempt has just been applied; an unknown fence is tried again like any failure.
                failure = new KvException(
                    commit.Error == KvError.CommitUnknown ? KvError.Unavailable : commit.Error, "the outcome is not known yet");
            }
            catch (KvException e)
            {
                failure = e;
            }

            await attempts.PauseOrThrowUnknownAsync(failure, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The pauses and the deadline of one call.</summary>
    private sealed class Attempts(TimeProvider time, TransactionRunnerOptions options)
    {
        private readonly long _started = time.GetTimestamp();
        private int _failures;
        private int _pauses;

        /// <summary>Throws the failure when there must be no further attempt, whatever time is left.</summary>
        public void CountOrThrow(KvException failure)
        {
            if (!failure.IsRetryable || _failures++ >= options.RetryLimit)
            {
                throw failure;
            }
        }

        public async Task PauseOrThrowAsync(KvException failure, CancellationToken cancellationToken)
        {
            if (TimeLeft == TimeSpan.Zero)
            {
                throw failure;
            }

            await PauseAsync(cancellationToken).ConfigureAwait(false);
        }

        public async Task PauseOrThrowUnknownAsync(KvException failure, CancellationToken cancellationToken)
        {
            if (failure.IsFinal || TimeLeft == TimeSpan.Zero)
            {
                throw new KvException(KvError.CommitUnknown, "the change may or may not have been applied: read it back", failure);
            }

            await PauseAsync(cancellationToken).ConfigureAwait(false);
        }

        /// <summary>Zero when the deadline has passed.</summary>
        public TimeSpan TimeLeft
        {
            get
            {
                var left = options.Deadline - time.GetElapsedTime(_started);
                return left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }

        private Task PauseAsync(CancellationToken cancellationToken)
        {
            var ceiling = Math.Min(
                options.MaxBackoff.TotalMilliseconds, options.FirstBackoff.TotalMilliseconds * Math.Pow(2, Math.Min(_pauses++, 20)));
            // Full jitter: rivals of one key spread out instead of meeting again. The first retry does not wait at all.
            var pause = _pauses == 1 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * ceiling);
            return pause == TimeSpan.Zero ? Task.CompletedTask : Task.Delay(pause, time, cancellationToken);
        }
    }
}
