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
/// while there is room takes no memory and no lock and never waits.
/// </summary>
/// <remarks>
/// A slot is free, taken, or handed over to those who wait. Who leaves while somebody waits hands his slot over, so that nobody
/// who comes later gets it first; one that was handed over to somebody who has gone in the meantime lies there for the next.
/// </remarks>
public sealed class Admission(AdmissionLimits limits, TimeProvider time) : IDisposable
{
    // After a queue has stood there is no burst for so long since the last refusal: an overload whose queue runs empty for a
    // moment is still the same overload.
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _handedOver = new(0, limits.Slots);
    private readonly long _start = time.GetTimestamp();
    private int _free = limits.Slots;
    private int _waiting;
    private long _waitingSince;
    private long _noBurstBefore;

    /// <summary>Calls that work now.</summary>
    public int Working => limits.Slots - Volatile.Read(ref _free) - _handedOver.CurrentCount;

    /// <summary>Calls that wait now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Whether a call that came now would be refused: known before anything is read of it.</summary>
    public bool IsFull =>
        Volatile.Read(ref _free) == 0 && _handedOver.CurrentCount == 0 && IsOver(Volatile.Read(ref _waiting) + 1);

    /// <summary>Enters, at once or after a wait; false when there are too many waiting or the wait took too long.</summary>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public ValueTask<bool> EnterAsync(CancellationToken cancellationToken)
    {
        if (TryTake())
        {
            return ValueTask.FromResult(true);
        }

        var place = Interlocked.Increment(ref _waiting);
        if (place == 1)
        {
            Volatile.Write(ref _waitingSince, Now());
        }

        if (IsOver(place))
        {
            Interlocked.Decrement(ref _waiting);
            return ValueTask.FromResult(false);
        }

        // Who left before this one was seen to wait has made a slot free.
        if (TryTake())
        {
            Interlocked.Decrement(ref _waiting);
            return ValueTask.FromResult(true);
        }

        return new ValueTask<bool>(WaitAsync(cancellationToken));
    }

    /// <summary>Makes room for the next one; once for each time that entering succeeded.</summary>
    public void Leave()
    {
        if (Volatile.Read(ref _waiting) == 0)
        {
            Interlocked.Increment(ref _free);
            if (Volatile.Read(ref _waiting) == 0 || !TryTakeFree())
            {
                return;
            }
        }

        _handedOver.Release();
    }

    public void Dispose() => _handedOver.Dispose();

    private bool TryTake() => TryTakeFree() || (_handedOver.CurrentCount > 0 && _handedOver.Wait(0, CancellationToken.None));

    private bool TryTakeFree()
    {
        for (var free = Volatile.Read(ref _free); free > 0;)
        {
            var before = Interlocked.CompareExchange(ref _free, free - 1, free);
            if (before == free)
            {
                return true;
            }

            free = before;
        }

        return false;
    }

    private bool IsOver(int place) => place > limits.Queue || (place > limits.StandingQueue && !IsBurst());

    private bool IsBurst()
    {
        var now = Now();
        if (now >= Volatile.Read(ref _noBurstBefore) && now - Volatile.Read(ref _waitingSince) < limits.BurstTime.Ticks)
        {
            return true;
        }

        Volatile.Write(ref _noBurstBefore, now + Calm.Ticks);
        return false;
    }

    private long Now() => time.GetElapsedTime(_start).Ticks;

    private async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _handedOver.WaitAsync(limits.Patience, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
