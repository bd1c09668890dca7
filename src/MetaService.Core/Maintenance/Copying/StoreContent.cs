using System.Runtime.CompilerServices;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Storage;

namespace MetaService.Maintenance.Copying;

/// <summary>What a store holds, as opposed to what servers note in it about their work on it.</summary>
public static class StoreContent
{
    /// <summary>Pairs read at once; with the longest values they take 25 MB.</summary>
    private const int PageSize = 256;

    private static readonly byte[] AfterLast = [KvLimits.ReservedFirstByte];

    private static readonly KeyRange[] Transient = [.. KeySpace.All.Where(d => d.IsTransient).Select(d => d.Range())];

    /// <summary>
    /// All pairs above a key but for the transient ones, page by page. Each page is read at a version of its own, since a version lives
    /// for seconds only: the whole is consistent if nobody writes meanwhile, which <see cref="HasChangedSinceAsync"/> tells.
    /// </summary>
    /// <param name="after">The key to begin behind; empty for all.</param>
    public static async IAsyncEnumerable<IReadOnlyList<KvPair>> ReadAsync(
        TransactionRunner runner, byte[] after, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var begin = after.Length == 0 ? after : KeyRange.After(after);
        var next = ReadPageAsync(runner, begin, cancellationToken);
        while (true)
        {
            var page = await next.ConfigureAwait(false);
            var last = !page.HasMore || page.Pairs.Count == 0;
            if (!last)
            {
                // While the caller deals with this page.
                next = ReadPageAsync(runner, KeyRange.After(page.Pairs[^1].Key), cancellationToken);
            }

            yield return [.. page.Pairs.Where(pair => !IsTransient(pair.Key))];
            if (last)
            {
                yield break;
            }
        }
    }

    /// <summary>The version of the last change, or a later one at which the content was the same.</summary>
    public static Task<long> VersionAsync(TransactionRunner runner, CancellationToken cancellationToken = default) =>
        runner.ReadAsync(async (reader, token) => await reader.GetReadVersionAsync(token).ConfigureAwait(false), cancellationToken);

    /// <summary>Whether a server of this kind has written since a version.</summary>
    public static async Task<bool> HasChangedSinceAsync(
        TransactionRunner runner, long version, CancellationToken cancellationToken = default)
    {
        if (!runner.Store.CommitsCanBeUnknown)
        {
            // Versions of such a store go up with commits alone.
            return await VersionAsync(runner, cancellationToken).ConfigureAwait(false) > version;
        }

        return await runner.ReadAsync(
            async (reader, token) =>
            {
                // Each transaction that writes leaves its versionstamp in a marker, which the next one from there replaces.
                await foreach (var pair in reader.ScanAsync(KeySpace.CommitMarker.Range(), snapshot: true, token).ConfigureAwait(false))
                {
                    if (CommitMarker.StampOf(pair.Value) is { } stamp && stamp.Version > version)
                    {
                        return true;
                    }
                }

                return false;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static Task<KvRange> ReadPageAsync(TransactionRunner runner, byte[] begin, CancellationToken cancellationToken) =>
        runner.ReadAsync(
            async (reader, token) => await reader.GetRangeAsync(
                begin, AfterLast, new KvRangeOptions(PageSize, Snapshot: true), token).ConfigureAwait(false),
            cancellationToken);

    private static bool IsTransient(byte[] key)
    {
        foreach (var range in Transient)
        {
            if (key.AsSpan().SequenceCompareTo(range.Begin) >= 0 && key.AsSpan().SequenceCompareTo(range.End) < 0)
            {
                return true;
            }
        }

        return false;
    }
}
