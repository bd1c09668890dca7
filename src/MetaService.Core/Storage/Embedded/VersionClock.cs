namespace MetaService.Storage.Embedded;

/// <summary>
/// Hands out commit versions: the next one is one more than the last, or the Unix time in milliseconds if that is more. One
/// caller at a time.
/// </summary>
/// <remarks>
/// A plain counter would repeat versions when an older copy of a data directory is put back, and whatever was derived from them
/// (transaction ids) would be given out twice. With the time as a lower bound, versions go on above everything the lost
/// history handed out, as long as it did not average more than a thousand versions a second. The unit is no finer because
/// ids made by appending ten bits to a version then stay below 2^53 and survive clients that read numbers as doubles.
/// </remarks>
public sealed class VersionClock(TimeProvider time, long last)
{
    private long _last = last;

    /// <summary>A version above all before it.</summary>
    /// <param name="least">The version must not be below this one.</param>
    public long Next(long least = 0) => _last = Math.Max(Math.Max(_last + 1, least), time.GetUtcNow().ToUnixTimeMilliseconds());
}
