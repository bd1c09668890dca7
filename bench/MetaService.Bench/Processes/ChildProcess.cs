using System.Diagnostics;

namespace MetaService.Bench.Processes;

/// <summary>A process that this one started, and ends when it is disposed. What it prints is dropped, its errors are kept in a file.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const string Redirect = "errors=$1; shift; exec \"$@\" </dev/null >/dev/null 2>\"$errors\"";

    private readonly Process _process;
    private readonly string _errors;
    private bool _isDisposed;

    private ChildProcess(Process process, string errors)
    {
        _process = process;
        _errors = errors;
    }

    public bool HasExited => _process.HasExited;

    /// <summary>User and system time since its start.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime; // From /proc/PID/stat.
        }
    }

    /// <summary>Starts a program.</summary>
    /// <param name="directory">Its working directory, which its errors go to as well.</param>
    /// <param name="environment">Variables to add; those of this process that begin with METASERVICE__ are left out.</param>
    public static ChildProcess Start(
        IReadOnlyList<string> command, string directory, IReadOnlyDictionary<string, string>? environment = null)
    {
        var errors = Path.Combine(directory, $"{Path.GetRandomFileName()}.err");
        // The shell replaces itself by the program, so that its process is that of the program.
        var info = new ProcessStartInfo("/bin/sh", ["-c", Redirect, "sh", errors, .. command]) { WorkingDirectory = directory };
        foreach (var name in info.Environment.Keys.Where(n => n.StartsWith("METASERVICE__", StringComparison.Ordinal)).ToList())
        {
            info.Environment.Remove(name);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            info.Environment[name] = value;
        }

        return new ChildProcess(Process.Start(info)!, errors);
    }

    /// <summary>What it wrote to its error stream.</summary>
    public string Errors() => File.Exists(_errors) ? File.ReadAllText(_errors) : "";

    /// <summary>Resident memory now and at its highest, in MiB.</summary>
    public (double Now, double Peak) Memory()
    {
        var lines = File.ReadAllLines($"/proc/{_process.Id}/status");
        return (MiB("VmRSS:"), MiB("VmHWM:"));

        double MiB(string field) =>
            double.Parse(lines.Single(l => l.StartsWith(field, StringComparison.Ordinal))[field.Length..^"kB".Length], null) / 1024;
    }

    /// <summary>Waits until an address answers 200.</summary>
    /// <exception cref="BenchException">The process ended, or it took longer than five minutes.</exception>
    public async Task WaitUntilReadyAsync(HttpClient http, Uri address, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            if (HasExited || Stopwatch.GetElapsedTime(started) > TimeSpan.FromMinutes(5))
            {
                throw new BenchException($"{address} does not answer: {Errors()}");
            }

            try
            {
                using var reply = await http.GetAsync(address, cancellationToken);
                if (reply.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(5, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
