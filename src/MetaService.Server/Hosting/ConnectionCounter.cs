using MetaService.Server.Settings;
using Microsoft.AspNetCore.Connections;

namespace MetaService.Server.Hosting;

/// <summary>
/// Counts the connections of all listeners, those included that have not said anything yet, and refuses more than the limit.
/// </summary>
public sealed class ConnectionCounter(LimitOptions limits, TimeProvider time, ILogger<ConnectionCounter> log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private int _open;
    private int _refused;
    private long _toldAt;

    /// <summary>Connections that are open now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Takes a place for a connection; false when there is none, and the connection is to be dropped.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _open) <= limits.Connections)
        {
            return true;
        }

        Leave();
        Interlocked.Increment(ref _refused);
        Tell();
        return false;
    }

    /// <summary>Gives the place back.</summary>
    public void Leave() => Interlocked.Decrement(ref _open);

    /// <summary>Counts connections in Kestrel's own pipeline.</summary>
    public ConnectionDelegate Counting(ConnectionDelegate next) => async connection =>
    {
        if (!TryEnter())
        {
            connection.Abort(new ConnectionAbortedException("too many connections"));
            return;
        }

        await LeavingAfter(next)(connection).ConfigureAwait(false);
    };

    /// <summary>Gives back, at its end, the place of a connection that entered elsewhere.</summary>
    public ConnectionDelegate LeavingAfter(ConnectionDelegate next) => async connection =>
    {
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            Leave();
        }
    };

    private void Tell()
    {
        var now = time.GetTimestamp();
        var told = Volatile.Read(ref _toldAt);
        if ((told == 0 || time.GetElapsedTime(told, now) >= Pause) && Interlocked.CompareExchange(ref _toldAt, now, told) == told)
        {
            log.LogWarning(
                "{Limit} connections are open, which Limits:Connections allows; {Refused} more were dropped so far",
                limits.Connections, Volatile.Read(ref _refused));
        }
    }
}
