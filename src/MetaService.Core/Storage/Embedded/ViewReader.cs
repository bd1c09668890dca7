namespace MetaService.Storage.Embedded;

/// <summary>Reads one view of an embedded store, without a trace of what it read.</summary>
public class ViewReader : IKvReader
{
    private readonly TimeProvider _time;
    private readonly long _started;
    private KvView? _view;

    /// <param name="view">A view with a reference for this reader, which gives it back when disposed.</param>
    public ViewReader(KvView view, TimeProvider time)
    {
        _view = view;
        _time = time;
        _started = time.GetTimestamp();
    }

    /// <summary>The view, whatever its age.</summary>
    /// <exception cref="KvException">The reader is disposed.</exception>
    protected KvView View =>
        _view ?? throw new KvException(KvError.InvalidOperation, "used after it was disposed");

    /// <summary>Whether the read version is too old to read or commit with.</summary>
    protected bool IsTooOld => _time.GetElapsedTime(_started) > KvLimits.TransactionAge;

    public ValueTask<long> GetReadVersionAsync(CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(BeginRead(cancellationToken).Version);

    public virtual ValueTask<byte[]?> GetAsync(
        ReadOnlyMemory<byte> key, bool snapshot = false, CancellationToken cancellationToken = default)
    {
        KvLimits.CheckKey(key.Span);
        return ValueTask.FromResult(BeginRead(cancellationToken).Get(key.Span));
    }

    public virtual ValueTask<KvRange> GetRangeAsync(
        ReadOnlyMemory<byte> begin,
        ReadOnlyMemory<byte> end,
        KvRangeOptions options = default,
        CancellationToken cancellationToken = default)
    {
        KvLimits.CheckRange(begin.Span, end.Span);
        var range = new KeyRange(begin.ToArray(), end.ToArray());
        return ValueTask.FromResult(RangeScan.Read(BeginRead(cancellationToken), pending: null, range, options));
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The view for one read, if reading is still possible.</summary>
    protected virtual KvView BeginRead(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var view = View;
        view.Owner?.ThrowIfClosed();
        return IsTooOld ? throw new KvException(KvError.TooOld, "the read version is too old") : view;
    }

    protected virtual void Dispose(bool disposing)
    {
        // Exchanged, so that a second call, even at the same time, does not give back somebody else's reference.
        if (disposing && Interlocked.Exchange(ref _view, null) is { } view)
        {
            view.Release();
        }
    }
}
