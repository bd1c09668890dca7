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
/// A slot is free or taken. Who leaves while somebody waits hands his slot over, so that nobody who comes later gets it first; the
/// one who gets it counts as working from then on, whenever he runs.
/// </remarks>
public sealed class Admission : IDisposable
{
    // After a queue has stood there is no burst for so long since the last refusal: an overload whose queue runs empty for a
    // moment is still the same overload.
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(5);

    private readonly AdmissionLimits _limits;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly Lock _lock = new();

    // All wait equally long, so that the first in the queue is the first to have waited too long.
    private readonly LinkedList<WaitingCall> _queue = new();
    private readonly ITimer _timer;
    private bool _timerRuns;

    private int _free;
    private int _waiting;
    private long _waitingSince;
    private long _noBurstBefore;

    public Admission(AdmissionLimits limits, TimeProvider time)
    {
        (_limits, _time, _free) = (limits, time, limits.Slots);
        _start = time.GetTimestamp();
        _timer = time.CreateTimer(
            static state => ((Admission)state!).EndLongWaits(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Calls that work now.</summary>
    public int Working => _limits.Slots - Volatile.Read(ref _free);

    /// <summary>Calls that wait now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Whether a call that came now would be refused: known before anything is read of it.</summary>
    public bool IsFull => Volatile.Read(ref _free) == 0 && IsOver(Volatile.Read(ref _waiting) + 1);

    /// <summary>Enters, at once or after a wait; false when there are too many waiting or the wait took too long.</summary>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public ValueTask<bool> EnterAsync(CancellationToken cancellationToken)
    {
        if (TryTakeFree())
        {
            return ValueTask.FromResult(true);
        }

        WaitingCall call;
        lock (_lock)
        {
            var place = Interlocked.Increment(ref _waiting);
            if (place == 1)
            {
                Volatile.Write(ref _waitingSince, Now());
            }

            // Who left before this one was seen to wait has made a slot free.
            var hasEntered = TryTakeFree();
            if (hasEntered || IsOver(place))
            {
                Interlocked.Decrement(ref _waiting);
                return ValueTask.FromResult(hasEntered);
            }

            call = new WaitingCall(this, Now() + _limits.Patience.Ticks);
            _queue.AddLast(call.Node);
            RunTimer();
        }

        return call.WaitAsync(cancellationToken);
    }

    /// <summary>Makes room for the next one; once for each time that entering succeeded.</summary>
    public void Leave()
    {
        if (Volatile.Read(ref _waiting) == 0)
        {
            Interlocked.Increment(ref _free);
            if (Volatile.Read(ref _waiting) == 0)
            {
                return;
            }

            // Somebody may have begun to wait before he could see that slot.
            HandOver(isTaken: false);
        }
        else
        {
            HandOver(isTaken: true);
        }
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>Takes a call out of the queue; false when it has been taken out already.</summary>
    internal bool TryGiveUp(WaitingCall call)
    {
        lock (_lock)
        {
            return TryTakeOut(call.Node);
        }
    }

    /// <summary>Gives a slot to the first in the queue.</summary>
    /// <param name="isTaken">Whether it is the caller's, else it is a free one, if there is any.</param>
    private void HandOver(bool isTaken)
    {
        WaitingCall first;
        lock (_lock)
        {
            if (_queue.First is not { } node)
            {
                if (isTaken)
                {
                    Interlocked.Increment(ref _free);
                }

                return;
            }

            if (!isTaken && !TryTakeFree())
            {
                return;
            }

            TryTakeOut(node);
            first = node.Value;
        }

        first.Answer(hasEntered: true);
    }

    private void EndLongWaits()
    {
        var ended = new List<WaitingCall>();
        lock (_lock)
        {
            _timerRuns = false;
            while (_queue.First is { } first && first.Value.Deadline <= Now())
            {
                TryTakeOut(first);
                ended.Add(first.Value);
            }

            RunTimer();
        }

        ended.ForEach(call => call.Answer(hasEntered: false));
    }

    /// <summary>Lets the timer run to the end of the first one's patience.</summary>
    private void RunTimer()
    {
        if (!_timerRuns && _queue.First is { } first)
        {
            // A millisecond more: the timer counts in milliseconds and must not end before that.
            var left = TimeSpan.FromTicks(Math.Max(0, first.Value.Deadline - Now())) + TimeSpan.FromMilliseconds(1);
            _timerRuns = _timer.Change(left, Timeout.InfiniteTimeSpan);
        }
    }

    private bool TryTakeOut(LinkedListNode<WaitingCall> node)
    {
        if (node.List is null)
        {
            return false;
        }

        _queue.Remove(node);
        Interlocked.Decrement(ref _waiting);
        return true;
    }

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

    private bool IsOver(int place) => place > _limits.Queue || (place > _limits.StandingQueue && !IsBurst());

    private bool IsBurst()
    {
        var now = Now();
        if (now >= Volatile.Read(ref _noBurstBefore) && now - Volatile.Read(ref _waitingSince) < _limits.BurstTime.Ticks)
        {
            return true;
        }

        Volatile.Write(ref _noBurstBefore, now + Calm.Ticks);
        return false;
    }

    private long Now() => _time.GetElapsedTime(_start).Ticks;
}
