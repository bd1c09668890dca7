using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MetaService.Server.Settings;

namespace MetaService.Server.Limits;

/// <summary>
/// Calls per second on each instance, of each endpoint or RPC and of all of them together. Counts are this server's own, in
/// memory, and take a bounded amount of it.
/// </summary>
public sealed class RateLimits
{
    /// <summary>About so many counts are kept apart; what comes beyond them within a second is counted together.</summary>
    public const int MaxCounts = 1 << 17;

    /// <summary>Highest limit, which is none in practice.</summary>
    public const long MaxQps = 1_000_000_000;

    /// <summary>Most limits that may be set.</summary>
    public const int MaxLimits = 10_000;

    // Neither an endpoint nor an instance is called so.
    private const string All = "";

    private readonly TimeProvider _time;
    private readonly RateBuckets _buckets;

    // By endpoint, for the calls that there is no bucket of their own for.
    private readonly ConcurrentDictionary<string, StrongBox<long>> _together = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _names = new(StringComparer.Ordinal);
    private readonly Lock _change = new();
    private readonly long _start;
    private volatile RateTable _table;

    /// <param name="options">The limits to begin with.</param>
    /// <param name="time">The clock.</param>
    /// <param name="maxCounts">How many counts are kept apart, about.</param>
    public RateLimits(LimitOptions options, TimeProvider time, int maxCounts = MaxCounts)
    {
        _time = time;
        _start = time.GetTimestamp();
        _buckets = new RateBuckets(maxCounts);
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

    /// <summary>Instances and endpoints that have less than a second's worth of calls left, each counted apart.</summary>
    public int CountsInUse => _buckets.CountInUse(Now());

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
        return (table.OfInstance(instanceId) is not { } qps || TryTake(All, instanceId, qps, now)) &&
            TryTake(name, instanceId, table.Of(name, instanceId), now);
    }

    private bool TryTake(string name, string instanceId, long qps, long now) =>
        _buckets.TryTake(HashOf(name, instanceId), qps, now)
        ?? RateBucket.TryTake(ref _together.GetOrAdd(name, static _ => new StrongBox<long>()).Value, qps, now);

    /// <summary>64 bits, of two hashes that differ with each start: nobody can choose instances that meet in a place.</summary>
    private static ulong HashOf(string name, string instanceId)
    {
        var hash = default(HashCode);
        hash.Add(name.GetHashCode(StringComparison.Ordinal));
        hash.AddBytes(MemoryMarshal.AsBytes(instanceId.AsSpan()));
        return ((ulong)(uint)instanceId.GetHashCode(StringComparison.Ordinal) << 32) | (uint)hash.ToHashCode();
    }

    private long Now() => _time.GetElapsedTime(_start).Ticks * TimeSpan.NanosecondsPerTick;
}
