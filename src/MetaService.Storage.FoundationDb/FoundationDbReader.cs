using FoundationDB.Client;

namespace MetaService.Storage.FoundationDb;

/// <summary>Reads at the read version of one native transaction, which FoundationDB gives out at the first read.</summary>
/// <param name="native">Disposed with the reader.</param>
/// <param name="prefix">What keys begin with in the cluster.</param>
internal class FoundationDbReader(IFdbTransaction native, KeyPrefix prefix) : IKvReader
{
    private bool _disposed;

    /// <summary>The native transaction.</summary>
    protected IFdbTransaction Native => native;

    protected KeyPrefix Prefix => prefix;

    public ValueTask<long> GetReadVersionAsync(CancellationToken cancellationToken = default)
    {
        EnsureOpen();
        return AnswerAsync(() => native.GetReadVersionAsync(), cancellationToken);
    }

    public virtual ValueTask<byte[]?> GetAsync(
        ReadOnlyMemory<byte> key, bool snapshot = false, CancellationToken cancellationToken = default)
    {
        EnsureOpen();
        KvLimits.CheckKey(key.Span);
        var prefixed = prefix.Add(key);
        return AnswerAsync(
            () => Source(snapshot).GetAsync(prefixed.Span, 0, static (_, value, found) => found ? value.ToArray() : null),
            cancellationToken);
    }

    public ValueTask<KvRange> GetRangeAsync(
        ReadOnlyMemory<byte> begin,
        ReadOnlyMemory<byte> end,
        KvRangeOptions options = default,
        CancellationToken cancellationToken = default)
    {
        EnsureOpen();
        KvLimits.CheckRange(begin.Span, end.Span);
        var (first, last) = (prefix.Add(begin), prefix.Add(end));
        return AnswerAsync(() => ReadRangeAsync(first, last, options), cancellationToken);
    }

    public void Dispose()
    {
        _disposed = true;
        native.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <exception cref="KvException">The reader can no longer be used.</exception>
    protected virtual void EnsureOpen()
    {
        if (_disposed)
        {
            throw new KvException(KvError.InvalidOperation, "used after it was disposed");
        }
    }

    private IFdbReadOnlyTransaction Source(bool snapshot) => snapshot ? native.Snapshot : native;

    private async Task<KvRange> ReadRangeAsync(ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end, KvRangeOptions options)
    {
        var limit = options.EffectiveLimit;
        var pairs = new List<KvPair>();
        var (from, to) = (Selector(begin), Selector(end));
        for (var iteration = 1; ; iteration++)
        {
            // The cluster answers in chunks of some size in bytes, whatever the limit.
            var nativeOptions = new FdbRangeOptions
            {
                Limit = limit - pairs.Count, IsReversed = options.Reverse, Streaming = FdbStreamingMode.WantAll,
            };
            var chunk = await Source(options.Snapshot).GetRangeAsync(
                from, to, prefix, static (p, key, value) => new KvPair(p.Remove(key), value.ToArray()), nativeOptions, iteration)
                .ConfigureAwait(false);
            pairs.AddRange(chunk.Items.Span);
            if (!chunk.HasMore || pairs.Count >= limit)
            {
                return new KvRange(pairs, chunk.HasMore);
            }

            (from, to) = options.Reverse
                ? (from, KeySelector.FirstGreaterOrEqual(chunk.Last))
                : (KeySelector.FirstGreaterThan(chunk.Last), to);
        }

        static KeySelector Selector(ReadOnlyMemory<byte> key) => KeySelector.FirstGreaterOrEqual(Slice.Copy(key.Span));
    }

    /// <summary>Waits for an answer of the cluster and turns failures into those of the seam.</summary>
    private static async ValueTask<T> AnswerAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            // Reads that nobody waits for any more end with the transaction.
            return await call().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (FdbException e)
        {
            throw FoundationDbErrors.OfRead(e);
        }
        catch (Exception e) when (
            e is ObjectDisposedException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw FoundationDbKvStore.Closed();
        }
    }
}
