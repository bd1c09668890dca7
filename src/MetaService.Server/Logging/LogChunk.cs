namespace MetaService.Server.Logging;

/// <summary>
/// A stretch of log lines that many threads append to without a lock: each reserves its place with one addition and copies its
/// line there. A chunk is closed by whoever first asks for more than is left, or by the reader; then it ends where that one would
/// have begun.
/// </summary>
internal sealed class LogChunk(byte[] bytes)
{
    private long _reserved;
    private long _written;
    private long _end = -1;
    private LogChunk? _next;

    public byte[] Bytes => bytes;

    /// <summary>The chunk that goes on after this one.</summary>
    public LogChunk? Next => Volatile.Read(ref _next);

    /// <summary>Whether anything was appended, or is being appended.</summary>
    public bool HasLines => Volatile.Read(ref _reserved) > 0;

    /// <summary>Appends a line; false when the chunk is closed or has no room for it, and is closed therefore.</summary>
    public bool TryAppend(ReadOnlySpan<byte> line)
    {
        if (!TryReserve(line.Length, out var start))
        {
            return false;
        }

        line.CopyTo(bytes.AsSpan(start));
        Interlocked.Add(ref _written, line.Length);
        return true;
    }

    /// <summary>Closes the chunk.</summary>
    public void Close() => TryReserve(bytes.Length + 1, out _);

    /// <summary>Makes another chunk the next one, unless there is one.</summary>
    public bool TryLink(LogChunk next) => Interlocked.CompareExchange(ref _next, next, null) is null;

    /// <summary>Waits, for the time of a copy, until all lines of a closed chunk are there, and tells where they end.</summary>
    public int WaitForLines()
    {
        var spin = new SpinWait();
        while (Volatile.Read(ref _end) is < 0 || Volatile.Read(ref _written) != Volatile.Read(ref _end))
        {
            spin.SpinOnce();
        }

        return (int)_end;
    }

    private bool TryReserve(int length, out int start)
    {
        var from = Interlocked.Add(ref _reserved, length) - length;
        start = (int)Math.Min(from, bytes.Length);
        if (from + length <= bytes.Length)
        {
            return true;
        }

        if (from <= bytes.Length)
        {
            Volatile.Write(ref _end, from); // Nobody else: all who come later begin beyond the end.
        }

        return false;
    }
}
