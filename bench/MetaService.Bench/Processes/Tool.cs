using System.Diagnostics;

namespace MetaService.Bench.Processes;

/// <summary>Programs that are run to their end.</summary>
internal static class Tool
{
    /// <summary>Runs a program and returns what it printed and how much processor time it took.</summary>
    /// <exception cref="BenchException">It could not be started or failed.</exception>
    public static async Task<(string Output, TimeSpan Cpu)> RunAsync(
        IReadOnlyList<string> command, string directory, CancellationToken cancellationToken)
    {
        var info = new ProcessStartInfo(command[0], command.Skip(1))
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Start(info);
        using var kill = cancellationToken.Register(() => process.Kill(entireProcessTree: true));
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var cpu = TimeSpan.Zero;
        var exited = process.WaitForExitAsync(CancellationToken.None);
        // Nothing tells the time of a process that has ended, so it is looked at every now and then until then.
        while (await Task.WhenAny(exited, Task.Delay(50, CancellationToken.None)) != exited)
        {
            cpu = CpuOf(process) ?? cpu;
        }

        cancellationToken.ThrowIfCancellationRequested();
        return process.ExitCode == 0
            ? (await output, cpu)
            : throw new BenchException($"{string.Join(' ', command)} failed:\n{await output}{await errors}");
    }

    /// <summary>The path of a program that is in PATH, or null.</summary>
    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static Process Start(ProcessStartInfo info)
    {
        try
        {
            return Process.Start(info)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new BenchException($"{info.FileName} cannot be started: {e.Message}");
        }
    }

    private static TimeSpan? CpuOf(Process process)
    {
        try
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return null; // It ended in between.
        }
    }
}
