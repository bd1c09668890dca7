namespace MetaService.Server.Limits;

/// <summary>
/// Token buckets by hash, in a table whose size is fixed. A bucket that is full is as good as none, so that its place is given to whoever
/// comes next: calls on ever new instances leave nothing to the garbage collector, and nothing has to be swept.
/// </summary>
/// <remarks>
/// Two keys share a bucket if 64 bits of their hashes are the same. Only the entry of a key takes a lock. A key that has been idle and
/// loses its place in the very moment in which it is used again may get one call too many.
/// </remarks>
internal sealed class RateBuckets
{
    // A key has a choice of so many places.
    private const int Ways = 8;

    private readonly Slot[] _slots;
    private readonly int _sets;
    private readonly Lock[] _locks = [.. Enumerable.Range(0, 64).Select(_ => new Lock())];

    /// <param name="capacity">Buckets that there is room for, at least.</param>
    public RateBuckets(int capacity)
    {
        _sets = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, capacity / Ways));
        _slots = new Slot[_sets * Ways];
    }

    /// <summary>Takes one call out of the bucket of a key, if there is one in it; null when there is no room for its bucket.</summary>
    /// <param name="key">The key's hash.</param>
    /// <param name="qps">Calls per second.</param>
    /// <param name="now">Nanoseconds on a clock that does not go back.</param>
    public bool? TryTake(ulong key, long qps, long now)
    {
        key = Math.Max(key, 1); // 0 is a place that nobody has had.
        var set = (int)(key & (uint)(_sets - 1));
        var slots = _slots.AsSpan(set * Ways, Ways);
        while (true)
        {
            var way = Find(slots, key);
            if (way < 0)
            {
                way = Enter(slots, set, key, now);
            }

            if (way < 0)
            {
                return null;
            }

            var taken = RateBucket.TryTake(ref slots[way].FullAt, qps, now);
            if (Volatile.Read(ref slots[way].Key) == key)
            {
                return taken;
            }
        }
    }

    /// <summary>Buckets that are not full.</summary>
    public int CountInUse(long now)
    {
        var count = 0;
        foreach (ref var slot in _slots.AsSpan())
        {
            count += RateBucket.IsFull(ref slot.FullAt, now) ? 0 : 1;
        }

        return count;
    }

    private static int Find(Span<Slot> slots, ulong key)
    {
        for (var way = 0; way < slots.Length; way++)
        {
            if (Volatile.Read(ref slots[way].Key) == key)
            {
                return way;
            }
        }

        return -1;
    }

    /// <summary>A place for a key; negative when there is none.</summary>
    private int Enter(Span<Slot> slots, int set, ulong key, long now)
    {
        lock (_locks[set % _locks.Length])
        {
            var found = Find(slots, key);
            for (var way = 0; way < slots.Length && found < 0; way++)
            {
                if (RateBucket.IsFull(ref slots[way].FullAt, now))
                {
                    Volatile.Write(ref slots[way].Key, key);
                    found = way;
                }
            }

            return found;
        }
    }

    private struct Slot
    {
        public ulong Key;
        public long FullAt;
    }
}
