using System.Buffers;
using Google.Protobuf;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Own;
using MetaService.Storage;

namespace MetaService.Domain.Audit;

/// <summary>Settings of the audit.</summary>
public sealed class AuditOptions
{
    /// <summary>How long entries are kept.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(90);
}

/// <summary>Shows who changed what, and forgets it when its time has come.</summary>
public sealed class AuditService(TransactionRunner runner, TimeProvider time, AuditOptions options)
{
    public const int DefaultPage = 100;

    public const int MaxPage = 1000;

    private const int RemovedAtATime = 500;

    // Of entries in one reply: what one page may cost in memory, however long its entries are.
    private const int MaxPageBytes = 4 * 1024 * 1024;

    /// <summary>The changes of an instance, or of what belongs to none, the newest first.</summary>
    /// <param name="instanceId">The instance, dropped or not; empty for the service as a whole.</param>
    /// <param name="pageToken">From the page before; empty for the newest entries.</param>
    /// <param name="limit">Most entries, 1 to <see cref="MaxPage"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="MetaServiceException">The id or the token is malformed.</exception>
    public Task<AuditResponse> ListAsync(string instanceId, string pageToken, int limit, CancellationToken cancellationToken)
    {
        var range = KeyRanges.Audit(instanceId.Length > 0 ? Check.InstanceId(instanceId) : "");
        if (pageToken.Length > 0)
        {
            range = KeyRanges.AuditBefore(instanceId, Parse(pageToken));
        }

        return runner.ReadAsync((reader, token) => ListAsync(reader, range, limit, token), cancellationToken);
    }

    /// <summary>
    /// How often to look for entries that are kept no longer. Nearly every instance has entries, so that it is work to look, and
    /// whether they go a little later matters little.
    /// </summary>
    public TimeSpan ForgetEvery => options.Retention < TimeSpan.FromDays(1) ? options.Retention / 24 : TimeSpan.FromHours(1);

    /// <summary>Whether an entry is to be looked at: it is kept no longer, or cannot be read, which is for its removal to tell.</summary>
    /// <param name="entry">Its key and value.</param>
    public bool IsDue(KvPair entry)
    {
        try
        {
            return IsDue(RecordAccess.Parse<AuditEntryPB>(entry.Value));
        }
        catch (InvalidProtocolBufferException)
        {
            return true;
        }
    }

    /// <summary>Removes the oldest entries of an instance that are kept no longer; a bounded number of them.</summary>
    /// <returns>How many were removed.</returns>
    public Task<int> ForgetAsync(string instanceId, CancellationToken cancellationToken) => runner.RunAsync(
        async (transaction, token) =>
        {
            var range = KeyRanges.Audit(instanceId);
            var removed = 0;
            for (var limit = 1; removed < RemovedAtATime; limit = RemovedAtATime)
            {
                // One is enough to see that nothing is to be done, which is so nearly always.
                var (found, hasMore) = await transaction
                    .GetRangeAsync(range, new KvRangeOptions(limit, Snapshot: true), token).ConfigureAwait(false);
                foreach (var entry in found)
                {
                    if (!IsDue(entry.Record))
                    {
                        return removed;
                    }

                    transaction.Clear(entry.Key);
                    removed++;
                    range = range.After(entry.Key);
                }

                if (!hasMore)
                {
                    return removed;
                }
            }

            return removed;
        },
        cancellationToken);

    private bool IsDue(AuditEntryPB entry) => entry.TimeMs < (time.GetUtcNow() - options.Retention).ToUnixTimeMilliseconds();

    private static async ValueTask<AuditResponse> ListAsync(
        IKvReader reader, RecordRange<AuditEntryPB> range, int limit, CancellationToken token)
    {
        const int Chunk = 50;
        var response = new AuditResponse();
        for (var bytes = 0; ;)
        {
            var wanted = Math.Min(limit - response.Entries.Count, Chunk);
            var (found, hasMore) = await reader
                .GetRangeAsync(range, new KvRangeOptions(wanted, Reverse: true), token).ConfigureAwait(false);
            foreach (var entry in found)
            {
                entry.Record.Version = Text(entry.Fields.Values[1].Stamp);
                response.Entries.Add(entry.Record);
                bytes += entry.Record.CalculateSize();
            }

            if (!hasMore || found.Count == 0)
            {
                return response;
            }

            if (response.Entries.Count == limit || bytes >= MaxPageBytes)
            {
                response.NextPageToken = response.Entries[^1].Version;
                return response;
            }

            range = range with { Keys = range.Keys with { End = found[^1].Key.Bytes } };
        }
    }

    private static string Text(Versionstamp stamp)
    {
        Span<byte> bytes = stackalloc byte[Versionstamp.Length];
        stamp.WriteTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    private static Versionstamp Parse(string pageToken)
    {
        Span<byte> bytes = stackalloc byte[Versionstamp.Length];
        return pageToken.Length == 2 * Versionstamp.Length
            && Convert.FromHexString(pageToken, bytes, out _, out _) == OperationStatus.Done
            ? Versionstamp.Read(bytes)
            : throw Errors.Invalid("page_token must be the next_page_token of the page before");
    }
}
