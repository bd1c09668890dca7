using System.Collections.Concurrent;
using System.Collections.Immutable;
using MetaService.Server.Settings;

namespace MetaService.Server.Limits;

/// <summary>
/// Calls per second on each instance, of each endpoint or RPC and of all of them together. Counts are this server's own, in
/// memory, and take a bounded amount of it.
/// </summary>
public sealed class RateLimits
{
    /// <summary>Most counts that are kept apart; what comes beyond them within a second is counted together.</summary>
    public const int MaxCounts = 100_000;

    /// <summary>Highest limit, which is none in practice.</summary>
    public const long MaxQps = 1_000_000_000;

    /// <summary>Most limits that may be set.</summary>
    public const int MaxLimits = 10_000;

    // Neither an endpoint nor an instance is called so.
    private const string All = "";
    private const string AnyInstance = "";

    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<(string Name, string InstanceId), RateBucket> _buckets = new();
    private readonly ConcurrentDictionary<string, bool> _names = new(StringComparer.Ordinal);
    private readonly Lock _change = new();
    private readonly long _start;
    private readonly int _maxCounts;
    private volatile RateTable _table;
    private int _count;
    private long _lastSweep;

    /// <param name="options">The limits to begin with.</param>
    /// <param name="time">The clock.</param>
    /// <param name="maxCounts">Most counts that are kept apart.</param>
    public RateLimits(LimitOptions options, TimeProvider time, int maxCounts = MaxCounts)
    {
        _time = time;
        _start = time.GetTimestamp();
        _maxCounts = maxCounts;
        _table = new RateTable(
            options.Qps,
            options.QpsByName.ToImmutableDictionary(StringComparer.Ordinal),
            options.QpsByInstance.ToImmutableDictionary(StringComparer.Ordinal),
            ImmutableDictionary<(string, string), long>.Empty);
        IsAdjusted = _table.Count > 0 || options.Qps != new LimitOptions().Qps;
    }

    /// <summary>
    /// Whether a limit differs from its default. While none does, calls whose instance only the store can tell need not be
    /// counted.
    /// </summary>
    public bool IsAdjusted { get; private set; }

    /// <summary>The limit of an endpoint or RPC on an instance while none is set for them.</summary>
    public long Default => _table.Default;

    /// <summary>All limits beside the default.</summary>
    public IEnumerable<RateLimit> Set => _table.All();

    /// <summary>Counts that are kept now.</summary>
    public int Counts => _buckets.Count;

    /// <summary>Makes an endpoint or RPC known.</summary>
    public void Register(string name) => _names.TryAdd(name, true);

    /// <summary>Whether there is an endpoint or RPC of this name.</summary>
    public bool Knows(string name) => _names.ContainsKey(name);

    /// <summary>Sets a limit; false when there are too many.</summary>
    public bool TrySet(RateLimit limit)
    {
        lock (_change)
        {
            var changed = _table.With(limit);
            if (changed.Count > MaxLimits)
            {
                return false;
            }

            _table = changed;
            IsAdjusted = true;
            return true;
        }
    }

    /// <summary>Counts a call, if it is within all limits that hold for it.</summary>
    public bool TryTake(string name, string instanceId)
    {
        var table = _table;
        var now = Now();
        return (table.OfInstance(instanceId) is not { } qps || Bucket(All, instanceId, now).TryTake(qps, now)) &&
            Bucket(name, instanceId, now).TryTake(table.Of(name, instanceId), now);
    }

    private RateBucket Bucket(string name, string instanceId, long now)
    {
        if (_buckets.TryGetValue((name, instanceId), out var known))
        {
            return known;
        }

        if (Volatile.Read(ref _count) >= _maxCounts)
        {
            Sweep(now);
        }

        if (Volatile.Read(ref _count) >= _maxCounts)
        {
            return _buckets.GetOrAdd((name, AnyInstance), static _ => new RateBucket()); // As many as there are names.
        }

        var added = new RateBucket();
        var kept = _buckets.GetOrAdd((name, instanceId), added);
        if (ReferenceEquals(kept, added))
        {
            Interlocked.Increment(ref _count);
        }

        return kept;
    }

    /// <summary>Forgets the buckets that are full: a new one is so too.</summary>
    private void Sweep(long now)
    {
        const long Pause = 100_000_000; // Nanoseconds: a flood of new names must not make each of its calls a sweep.
        var last = Volatile.Read(ref _lastSweep);
        if (now - last < Pause || Interlocked.CompareExchange(ref _lastSweep, now, last) != last)
        {
            return;
        }

        foreach (var (key, bucket) in _buckets)
        {
            if (key.InstanceId.Length > 0 && bucket.IsFull(now) && _buckets.TryRemove(key, out _))
            {
                Interlocked.Decrement(ref _count);
            }
        }
    }

    private long Now() => _time.GetElapsedTime(_start).Ticks * TimeSpan.NanosecondsPerTick;
}
