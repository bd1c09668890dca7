namespace MetaService.Storage.Embedded;

/// <summary>Range reads over a view and, in a transaction, its pending writes.</summary>
internal static class RangeScan
{
    /// <summary>The pairs of a range, at most as many as the limit says.</summary>
    /// <param name="pending">The pending writes to merge in, or null.</param>
    /// <exception cref="KvException">A value that is not known before commit lies in the range.</exception>
    public static KvRange Read(KvView view, MutationBuffer? pending, KeyRange range, KvRangeOptions options)
    {
        if (range.Begin.AsSpan().SequenceEqual(range.End))
        {
            return new KvRange([], HasMore: false);
        }

        using var stored = view.Scan(range.Begin, range.End, options.Reverse);
        var pairs = pending is null or { IsEmpty: true }
            ? Copy(stored, options.EffectiveLimit)
            : Merge(stored, pending, range, options);
        return new KvRange(pairs, HasMore: pairs.Count == options.EffectiveLimit);
    }

    /// <summary>The part of a range that a result covers: all of it, or up to the last pair when the limit was met.</summary>
    public static KeyRange Extent(KeyRange range, KvRange result, bool reverse)
    {
        if (!result.HasMore)
        {
            return range;
        }

        var last = result.Pairs[^1].Key;
        return reverse ? range with { Begin = (byte[])last.Clone() } : range with { End = KeyRange.After(last) };
    }

    private static List<KvPair> Copy(IKvCursor stored, int limit)
    {
        var pairs = new List<KvPair>();
        while (pairs.Count < limit && stored.MoveNext())
        {
            pairs.Add(new KvPair(stored.Key.ToArray(), stored.Value.ToArray()));
        }

        return pairs;
    }

    private static List<KvPair> Merge(IKvCursor stored, MutationBuffer pending, KeyRange range, KvRangeOptions options)
    {
        var pairs = new List<KvPair>();
        using var writes = pending.Writes(range, options.Reverse).GetEnumerator();
        var hasStored = stored.MoveNext();
        var hasWrite = writes.MoveNext();
        while (pairs.Count < options.EffectiveLimit && (hasStored || hasWrite))
        {
            // Below 0: the stored pair comes first. Above 0: the pending write does. 0: the write is over the stored pair.
            var order = !hasWrite ? -1 : !hasStored ? 1 : stored.Key.SequenceCompareTo(writes.Current.Key);
            if (options.Reverse && hasStored && hasWrite)
            {
                order = -order;
            }

            if (order < 0)
            {
                if (!pending.IsCleared(stored.Key))
                {
                    pairs.Add(new KvPair(stored.Key.ToArray(), stored.Value.ToArray()));
                }
            }
            else if (writes.Current.Over(order == 0 ? stored.Value.ToArray() : null) is { } value)
            {
                pairs.Add(new KvPair((byte[])writes.Current.Key.Clone(), value));
            }

            if (order <= 0)
            {
                hasStored = stored.MoveNext();
            }

            if (order >= 0)
            {
                hasWrite = writes.MoveNext();
            }
        }

        return pairs;
    }
}
