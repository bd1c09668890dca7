namespace MetaService.Server.Limits;

/// <summary>How many calls may work and wait at a time.</summary>
/// <param name="Slots">Most calls that work.</param>
/// <param name="Queue">Most calls that wait in a burst: it passes, and none of them need be refused.</param>
/// <param name="StandingQueue">
/// Most calls that wait once there has been a queue for <paramref name="BurstTime"/>: more come than can be done, and a longer
/// queue would make all of them late.
/// </param>
/// <param name="BurstTime">How long a queue may stand and still be a burst.</param>
/// <param name="Patience">Longest wait of one call.</param>
public readonly record struct AdmissionLimits(int Slots, int Queue, int StandingQueue, TimeSpan BurstTime, TimeSpan Patience);

/// <summary>
/// Lets a number of calls work at a time and a number of others wait for their turn, in the order in which they came. Entering
/// while there is room takes no memory and never waits.
/// </summary>
public sealed class Admission(AdmissionLimits limits, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _slots = new(limits.Slots, limits.Slots);
    private int _waiting;
    private long _waitingSince;

    /// <summary>Calls that work now.</summary>
    public int Working => limits.Slots - _slots.CurrentCount;

    /// <summary>Calls that wait now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Whether a call that came now would be refused: known before anything is read of it.</summary>
    public bool IsFull => _slots.CurrentCount == 0 && IsOver(Volatile.Read(ref _waiting) + 1);

    /// <summary>Enters, at once or after a wait; false when there are too many waiting or the wait took too long.</summary>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public ValueTask<bool> EnterAsync(CancellationToken cancellationToken)
    {
        if (_slots.Wait(0, CancellationToken.None))
        {
            return ValueTask.FromResult(true);
        }

        var place = Interlocked.Increment(ref _waiting);
        if (place == 1)
        {
            Volatile.Write(ref _waitingSince, time.GetTimestamp());
        }

        if (IsOver(place))
        {
            Interlocked.Decrement(ref _waiting);
            return ValueTask.FromResult(false);
        }

        return new ValueTask<bool>(WaitAsync(cancellationToken));
    }

    /// <summary>Makes room for the next one; once for each time that entering succeeded.</summary>
    public void Leave() => _slots.Release();

    public void Dispose() => _slots.Dispose();

    private bool IsOver(int place) => place > limits.Queue ||
        (place > limits.StandingQueue && time.GetElapsedTime(Volatile.Read(ref _waitingSince)) >= limits.BurstTime);

    private async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _slots.WaitAsync(limits.Patience, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
