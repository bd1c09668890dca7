namespace MetaService.Server.Limits;

/// <summary>
/// Spreads refusals over time. Clients that try again at once, whatever Retry-After says, would otherwise take the processors for
/// nothing but being refused, and little would be left for the calls that were accepted. The first refusals go out at once; a
/// flood of them goes out at a steady pace.
/// </summary>
/// <param name="perSecond">The pace.</param>
public sealed class RefusalPace(int perSecond, TimeProvider time)
{
    /// <summary>Longest pause before a refusal.</summary>
    public static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);

    /// <summary>Most refusals that pause at a time, so that their memory is bounded.</summary>
    public const int MaxPausing = 4096;

    // This much of a second's refusals goes out at once.
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(50);

    private readonly long _interval = TimeSpan.TicksPerSecond / perSecond;
    private readonly long _start = time.GetTimestamp();
    private long _next;
    private int _pausing;

    /// <summary>Refusals that pause now.</summary>
    public int Pausing => Volatile.Read(ref _pausing);

    /// <summary>Waits until it is time to refuse.</summary>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        var pause = Reserve();
        return pause < TimeSpan.FromMilliseconds(1) || Volatile.Read(ref _pausing) >= MaxPausing
            ? ValueTask.CompletedTask
            : new ValueTask(PauseAsync(pause, cancellationToken));
    }

    /// <summary>Takes the next moment at which a refusal may go out, and tells how far it is.</summary>
    private TimeSpan Reserve()
    {
        var now = time.GetElapsedTime(_start).Ticks;
        var seen = Volatile.Read(ref _next);
        while (true)
        {
            var mine = Math.Max(seen, now);
            var pause = mine - now - Burst.Ticks;
            if (pause >= MaxPause.Ticks)
            {
                return MaxPause;
            }

            var before = Interlocked.CompareExchange(ref _next, mine + _interval, seen);
            if (before == seen)
            {
                return TimeSpan.FromTicks(Math.Max(0, pause));
            }

            seen = before;
        }
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _pausing);
        try
        {
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _pausing);
        }
    }
}
