using System.Runtime.CompilerServices;
using Google.Protobuf;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Storage;

namespace MetaService.Domain.Txns;

/// <summary>
/// Walks over ranges that may be too long for the age limit of one transaction. Each page is read at a version of its own: what
/// is done about a record reads it again.
/// </summary>
internal static class TxnPages
{
    /// <summary>All records of a range, page by page.</summary>
    public static async IAsyncEnumerable<IReadOnlyList<KeyedRecord<T>>> PagesAsync<T>(
        this TransactionRunner runner, RecordRange<T> range, int pageSize,
        [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class, IMessage<T>, new()
    {
        for (var hasMore = true; hasMore;)
        {
            var rest = range;
            (var page, hasMore) = await runner.ReadAsync(
                (reader, token) => reader.GetRangeAsync(rest, new KvRangeOptions(pageSize), token), cancellationToken)
                .ConfigureAwait(false);
            if (page.Count == 0)
            {
                yield break;
            }

            yield return page;
            range = range.After(page[^1].Key);
        }
    }
}
