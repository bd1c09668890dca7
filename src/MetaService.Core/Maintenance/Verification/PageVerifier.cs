using System.Diagnostics.CodeAnalysis;
using MetaService.Keys;
using MetaService.Storage;

namespace MetaService.Maintenance.Verification;

/// <summary>
/// Verifies a part of the store. All that is read for it, the records that a record is compared with included, is of one version:
/// a store that changes meanwhile makes no defects appear.
/// </summary>
internal sealed class PageVerifier(IKvReader reader, TimeProvider time, CancellationToken token)
{
    /// <summary>Pairs read at once. A value may have 100 KB.</summary>
    private const int PageSize = 256;

    /// <summary>When to go on at a newer version: well before the store refuses reads at the old one.</summary>
    private static readonly TimeSpan Patience = KvLimits.TransactionAge / 4;

    private static readonly byte[] AfterLast = [KvLimits.ReservedFirstByte];

    private readonly VerifiedPage _page = new();
    private readonly ValueVerifier _values = new(new StoreView(reader, token));
    private KeyDefinition? _lastDefinition;

    /// <summary>Verifies as many values as time allows, at least one, from the first at or after a key.</summary>
    /// <exception cref="KvException">The store cannot be read, or even one value takes longer than a version lasts.</exception>
    public async ValueTask<VerifiedPage> RunAsync(byte[] begin)
    {
        var started = time.GetTimestamp();
        var (pairs, hasMore) = await ReadAsync(begin).ConfigureAwait(false);
        var at = 0;
        while (at < pairs.Count && (at == 0 || time.GetElapsedTime(started) < Patience))
        {
            token.ThrowIfCancellationRequested();
            int? end;
            try
            {
                end = await CheckAsync(pairs, at, hasMore).ConfigureAwait(false);
            }
            catch (KvException e) when (e.Error == KvError.TooOld && at > 0)
            {
                end = null;
            }

            if (end is null)
            {
                break; // The next page begins with this value.
            }

            at = end.Value;
        }

        // A value that is longer than a page has set this already.
        _page.Next ??= at < pairs.Count || hasMore ? KeyRange.After(pairs[at - 1].Key) : null;
        return _page;
    }

    /// <summary>Verifies the value whose first or only part is at an index.</summary>
    /// <returns>The index behind its last part; null when it goes on behind the pairs and these are to end before it.</returns>
    private async ValueTask<int?> CheckAsync(IReadOnlyList<KvPair> pairs, int at, bool hasMore)
    {
        var (bytes, value) = pairs[at];
        if (!TryParse(bytes, out var key, out var error))
        {
            _page.Add(null, 1, [new Defect(DefectKinds.UnknownKey, bytes, null, error)]);
            return at + 1;
        }

        if (key.Definition.Value.IsSplit)
        {
            return await CheckSplitAsync(pairs, at, key, hasMore).ConfigureAwait(false);
        }

        _page.Add(key.Definition, 1, await _values.CheckAsync(key, bytes, value).ConfigureAwait(false));
        return at + 1;
    }

    /// <inheritdoc cref="CheckAsync"/>
    private async ValueTask<int?> CheckSplitAsync(IReadOnlyList<KvPair> pairs, int at, ParsedKey key, bool hasMore)
    {
        var split = new SplitParts(key, pairs[at].Key);
        var end = at;
        while (end < pairs.Count && split.TryAdd(pairs[end]))
        {
            end++;
        }

        if (end == pairs.Count && hasMore)
        {
            if (at > 0)
            {
                return null;
            }

            _page.Next = await AddRestAsync(split, pairs[^1].Key).ConfigureAwait(false);
        }

        var defects = await _values.CheckAsync(split).ConfigureAwait(false);
        _page.Add(key.Definition, split.Count, defects);
        return end;
    }

    /// <summary>Adds the parts behind a key to a value that is longer than a page.</summary>
    /// <returns>Where the next page begins.</returns>
    private async ValueTask<byte[]> AddRestAsync(SplitParts split, byte[] last)
    {
        while (true)
        {
            var next = KeyRange.After(last);
            var (pairs, hasMore) = await ReadAsync(next).ConfigureAwait(false);
            foreach (var pair in pairs)
            {
                if (!split.TryAdd(pair))
                {
                    return KeyRange.After(last);
                }

                last = pair.Key;
            }

            if (!hasMore)
            {
                return KeyRange.After(last);
            }
        }
    }

    private async ValueTask<(IReadOnlyList<KvPair> Pairs, bool HasMore)> ReadAsync(byte[] begin)
    {
        var options = new KvRangeOptions(PageSize, Snapshot: true);
        var (pairs, hasMore) = await reader.GetRangeAsync(begin, AfterLast, options, token).ConfigureAwait(false);
        return (pairs, hasMore);
    }

    // Keys of one type lie together, and there are many types to try.
    private bool TryParse(byte[] bytes, [NotNullWhen(true)] out ParsedKey? key, [NotNullWhen(false)] out string? error)
    {
        error = null;
        if (_lastDefinition?.TryParse(bytes, out key) == true)
        {
            return true;
        }

        if (!KeySpace.TryParse(bytes, out key, out error))
        {
            return false;
        }

        _lastDefinition = key.Definition;
        return true;
    }
}
