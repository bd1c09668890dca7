using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace MetaService.Server.Logging;

/// <summary>
/// The only writer of the log. Whole lines are appended in memory, without a lock, and a thread of its own writes them: at once
/// while there are few, a hundred times a second while there are many.
/// </summary>
/// <remarks>
/// What waits is bounded. When the reader of the log falls behind, those who append wait for it; when it has taken nothing for
/// <see cref="Patience"/>, lines are dropped instead, so that a log that nobody reads stops no request. A line tells how many,
/// as soon as the log is read again.
/// </remarks>
public sealed class LogPump : IDisposable
{
    /// <summary>Bytes of a chunk, unless one line is longer.</summary>
    public const int ChunkBytes = 256 * 1024;

    /// <summary>Most chunks that wait to be written.</summary>
    public const int MaxChunks = 16;

    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(5);

    private readonly Stream _output;
    private readonly TimeProvider _time;
    private readonly ConcurrentBag<byte[]> _spare = [];
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private LogChunk _first;
    private LogChunk _last;
    private int _chunks = 1;
    private int _isStarted;
    private int _isIdle = 1;
    private int _isEnding;
    private long _dropped;
    private long _writingSince;

    /// <param name="output">Where the log goes; not closed.</param>
    public LogPump(Stream output, TimeProvider time)
    {
        _output = output;
        _time = time;
        _first = _last = new LogChunk(new byte[ChunkBytes]);
        _thread = new Thread(Run) { Name = "log", IsBackground = true };
    }

    /// <summary>How long a write may take before lines are dropped rather than waited for.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Lines that were dropped and not told of yet.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Appends lines, each of which ends with a line break. They are written whole, or not at all.</summary>
    public void Write(ReadOnlySpan<byte> lines)
    {
        while (true)
        {
            var chunk = Volatile.Read(ref _last);
            if (chunk.TryAppend(lines))
            {
                break;
            }

            if (!TryContinue(chunk, lines.Length))
            {
                if (IsStuck())
                {
                    Interlocked.Increment(ref _dropped);
                    return;
                }

                Thread.Sleep(1); // Rare: four megabytes wait already, and the thread that writes needs the processor more.
            }
        }

        if (Volatile.Read(ref _isIdle) == 1 && Interlocked.Exchange(ref _isIdle, 0) == 1)
        {
            Wake();
        }
    }

    /// <summary>Writes what is there and ends the thread; what cannot be written by then is given up.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isEnding, 1) == 0)
        {
            AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
            if (Volatile.Read(ref _isStarted) == 1)
            {
                _wake.Set();
                _thread.Join(LastWait);
            }
        }
    }

    /// <summary>Makes sure that a closed chunk has a next one; false when there are too many.</summary>
    private bool TryContinue(LogChunk closed, int length)
    {
        if (closed.Next is null)
        {
            if (Interlocked.Increment(ref _chunks) > MaxChunks)
            {
                Interlocked.Decrement(ref _chunks);
                return false;
            }

            if (!closed.TryLink(NewChunk(length)))
            {
                Interlocked.Decrement(ref _chunks);
            }
        }

        Interlocked.CompareExchange(ref _last, closed.Next!, closed);
        Wake();
        return true;
    }

    private LogChunk NewChunk(int length) =>
        new(length <= ChunkBytes && _spare.TryTake(out var bytes) ? bytes : new byte[Math.Max(length, ChunkBytes)]);

    /// <summary>Whether a write has been going on for too long.</summary>
    private bool IsStuck()
    {
        var since = Volatile.Read(ref _writingSince);
        return Volatile.Read(ref _isEnding) == 1 || (since != 0 && _time.GetElapsedTime(since) >= Patience);
    }

    private void Wake()
    {
        if (Volatile.Read(ref _isStarted) == 0 && Interlocked.Exchange(ref _isStarted, 1) == 0)
        {
            AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
            _thread.Start();
        }

        _wake.Set();
    }

    private void OnProcessExit(object? sender, EventArgs e) => Dispose();

    private void Run()
    {
        while (true)
        {
            // Asked first: what was appended before the end began is written by what follows.
            var isLast = Volatile.Read(ref _isEnding) == 1;
            if (WriteAll())
            {
                _wake.WaitOne(isLast ? TimeSpan.Zero : Gathering);
                continue;
            }

            if (isLast)
            {
                return;
            }

            Interlocked.Exchange(ref _isIdle, 1);
            if (!_first.HasLines && _first.Next is null && Volatile.Read(ref _isEnding) == 0)
            {
                _wake.WaitOne();
            }

            Interlocked.Exchange(ref _isIdle, 0);
        }
    }

    /// <summary>Writes what is there; false when there was nothing.</summary>
    private bool WriteAll()
    {
        var wrote = false;
        while (_first.HasLines)
        {
            var chunk = _first;
            chunk.Close();
            var next = chunk.Next;
            if (next is null)
            {
                // Beyond the limit on chunks, if need be: this one is about to be free.
                Interlocked.Increment(ref _chunks);
                if (!chunk.TryLink(next = NewChunk(0)))
                {
                    Interlocked.Decrement(ref _chunks);
                    next = chunk.Next!;
                }

                Interlocked.CompareExchange(ref _last, next, chunk);
            }

            Write(chunk.Bytes, chunk.WaitForLines());
            _first = next;
            Interlocked.Decrement(ref _chunks);
            if (chunk.Bytes.Length == ChunkBytes)
            {
                _spare.Add(chunk.Bytes);
            }

            TellDropped();
            wrote = true;
        }

        return wrote;
    }

    private void Write(byte[] bytes, int count)
    {
        Volatile.Write(ref _writingSince, _time.GetTimestamp());
        try
        {
            _output.Write(bytes, 0, count);
            _output.Flush();
        }
        catch (IOException)
        {
            // Nobody reads the log any more, as when a pipe is closed, and there is no other place to say so.
        }

        Volatile.Write(ref _writingSince, 0);
    }

    private void TellDropped()
    {
        if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var count)
        {
            var line = string.Create(
                CultureInfo.InvariantCulture,
                $$"""
                {"@t":"{{_time.GetUtcNow().UtcDateTime:O}}","@m":"{{count}} lines were dropped, since the log was not read",
                """ +
                $$"""
                "@l":"Warning","Dropped":{{count}}}
                """);
            var bytes = Encoding.UTF8.GetBytes(line + "\n");
            Write(bytes, bytes.Length);
        }
    }
}
