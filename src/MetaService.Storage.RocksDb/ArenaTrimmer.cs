using System.Runtime.InteropServices;

namespace MetaService.Storage.RocksDb;

/// <summary>
/// Gives memory that RocksDB has freed back to the system from time to time. glibc keeps it in an arena for each few threads, and under
/// reads of a large store a tenth of the process was memory that nobody used.
/// </summary>
internal sealed partial class ArenaTrimmer : IDisposable
{
    // It takes a few milliseconds, in which threads that allocate wait for each other.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Timer _timer;

    public ArenaTrimmer() => _timer = new Timer(Trim, null, Interval, Interval);

    public void Dispose() => _timer.Dispose();

    private void Trim(object? state)
    {
        try
        {
            _ = MallocTrim(0);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // Another allocator than glibc's: it has its own ways.
            _timer.Dispose();
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint keep);
}
