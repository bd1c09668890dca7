namespace MetaService.Server.Limits;

/// <summary>
/// A token bucket that holds one second's worth of calls, as one number: the time at which it will be full again, in nanoseconds.
/// </summary>
internal static class RateBucket
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Takes one call out of a bucket, if there is one in it.</summary>
    /// <param name="fullAt">The bucket.</param>
    /// <param name="qps">Calls per second; 0 lets none pass.</param>
    /// <param name="now">Nanoseconds on a clock that does not go back.</param>
    public static bool TryTake(ref long fullAt, long qps, long now)
    {
        if (qps == 0)
        {
            return false;
        }

        var interval = NanosecondsPerSecond / qps;
        var seen = Volatile.Read(ref fullAt);
        while (true)
        {
            var next = Math.Max(seen, now) + interval;
            if (next - now > NanosecondsPerSecond)
            {
                return false;
            }

            var before = Interlocked.CompareExchange(ref fullAt, next, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }
    }

    /// <summary>Whether it is as full as one that nobody has used yet.</summary>
    public static bool IsFull(ref long fullAt, long now) => Volatile.Read(ref fullAt) <= now;
}
