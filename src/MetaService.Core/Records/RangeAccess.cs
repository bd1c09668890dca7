using System.Runtime.CompilerServices;
using Google.Protobuf;
using MetaService.Keys;
using MetaService.Storage;

namespace MetaService.Records;

/// <summary>A record found by a scan.</summary>
public readonly record struct KeyedRecord<T>(KeyDefinition Definition, RecordKey<T> Key, T Record)
    where T : class, IMessage<T>, new()
{
    /// <summary>The key taken apart.</summary>
    /// <exception cref="KeyFormatException">A key of another type lies in the range.</exception>
    public ParsedKey Fields =>
        Definition.TryParse(Key.Bytes, out var parsed)
            ? parsed
            : throw new KeyFormatException($"a key among those of {Definition.Name} is not one of them");
}

/// <summary>Scans of typed records.</summary>
public static class RangeAccess
{
    /// <summary>Pairs that a scan reads at once: a round trip's worth, far below a store's limits.</summary>
    private const int PageSize = 1000;

    /// <summary>Up to a limit of records, and whether there may be more behind them.</summary>
    /// <exception cref="InvalidProtocolBufferException">A stored value is not such a record.</exception>
    public static async ValueTask<(IReadOnlyList<KeyedRecord<T>> Records, bool HasMore)> GetRangeAsync<T>(
        this IKvReader reader, RecordRange<T> range, KvRangeOptions options = default,
        CancellationToken cancellationToken = default)
        where T : class, IMessage<T>, new()
    {
        var page = await reader.GetRangeAsync(range.Keys.Begin, range.Keys.End, options, cancellationToken).ConfigureAwait(false);
        return ([.. page.Pairs.Select(p => ToRecord(range, p))], page.HasMore);
    }

    /// <summary>All records of a range, read page by page.</summary>
    /// <exception cref="InvalidProtocolBufferException">A stored value is not such a record.</exception>
    public static async IAsyncEnumerable<KeyedRecord<T>> ScanAsync<T>(
        this IKvReader reader, RecordRange<T> range, bool snapshot = false,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
        where T : class, IMessage<T>, new()
    {
        await foreach (var pair in reader.ScanAsync(range.Keys, snapshot, cancellationToken).ConfigureAwait(false))
        {
            yield return ToRecord(range, pair);
        }
    }

    /// <summary>All pairs of a range, read page by page.</summary>
    public static async IAsyncEnumerable<KvPair> ScanAsync(
        this IKvReader reader, KeyRange range, bool snapshot = false,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var options = new KvRangeOptions(PageSize, Snapshot: snapshot);
        while (true)
        {
            var page = await reader.GetRangeAsync(range.Begin, range.End, options, cancellationToken).ConfigureAwait(false);
            foreach (var pair in page.Pairs)
            {
                yield return pair;
            }

            if (!page.HasMore || page.Pairs.Count == 0)
            {
                yield break;
            }

            range = range with { Begin = KeyRange.After(page.Pairs[^1].Key) };
        }
    }

    /// <summary>Removes all records of a range.</summary>
    public static void ClearRange<T>(this IKvTransaction transaction, RecordRange<T> range)
        where T : class, IMessage<T>, new() =>
        transaction.ClearRange(range.Keys);

    /// <summary>Removes all keys of a range.</summary>
    public static void ClearRange(this IKvTransaction transaction, KeyRange range) =>
        transaction.ClearRange(range.Begin, range.End);

    private static KeyedRecord<T> ToRecord<T>(RecordRange<T> range, KvPair pair)
        where T : class, IMessage<T>, new() =>
        new(range.Definition, new RecordKey<T>(pair.Key), RecordAccess.Parse<T>(pair.Value));
}
