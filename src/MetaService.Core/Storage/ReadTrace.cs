namespace MetaService.Storage;

/// <summary>
/// What one reading has read, kept as places of keys: enough to tell later, without reading, that it would read the same again.
/// Used by one reading at a time.
/// </summary>
public sealed class ReadTrace
{
    /// <summary>Most keys that are noted; a reading of more is not worth remembering.</summary>
    public const int MaxKeys = 1024;

    private readonly List<int> _places = [];
    private bool _isWhole = true;

    /// <summary>The version that was read.</summary>
    public long Version { get; private set; }

    /// <summary>
    /// The places of all keys that were read, present or not; null when they do not tell all that was read, as after a read of a
    /// range.
    /// </summary>
    public int[]? Places => _isWhole ? [.. _places] : null;

    /// <summary>Forgets what was noted: the reading begins, or begins again.</summary>
    internal void Begin(long version)
    {
        Version = version;
        _isWhole = true;
        _places.Clear();
    }

    internal void Note(ReadOnlySpan<byte> key)
    {
        if (_places.Count == MaxKeys)
        {
            _isWhole = false;
            return;
        }

        _places.Add(WriteStamps.PlaceOf(key));
    }

    internal void NoteRange() => _isWhole = false;
}

/// <summary>Notes what is read through it.</summary>
internal sealed class TracingReader(IKvReader inner, ReadTrace trace) : IKvReader
{
    public ValueTask<long> GetReadVersionAsync(CancellationToken cancellationToken = default) =>
        inner.GetReadVersionAsync(cancellationToken);

    public ValueTask<byte[]?> GetAsync(
        ReadOnlyMemory<byte> key, bool snapshot = false, CancellationToken cancellationToken = default)
    {
        Note(key.Span);
        return inner.GetAsync(key, snapshot, cancellationToken);
    }

    /// <summary>Notes a key whose value is known without reading it.</summary>
    public void Note(ReadOnlySpan<byte> key) => trace.Note(key);

    public ValueTask<KvRange> GetRangeAsync(
        ReadOnlyMemory<byte> begin,
        ReadOnlyMemory<byte> end,
        KvRangeOptions options = default,
        CancellationToken cancellationToken = default)
    {
        trace.NoteRange();
        return inner.GetRangeAsync(begin, end, options, cancellationToken);
    }

    public void Dispose() => inner.Dispose();
}
