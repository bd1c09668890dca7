using System.Diagnostics;
using System.Globalization;

namespace MetaService.ReliabilityTests.FullDisks;

/// <summary>A file system of its own of a few megabytes, in memory. Linux, and root to mount it.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const int SizeMb = 8;

    private readonly string _mount = Directory.CreateTempSubdirectory("metaservice-disk-").FullName;

    public SmallDisk()
    {
        if (Run("mount", "-t", "tmpfs", "-o", $"size={SizeMb}m", "metaservice-test", _mount) is { } problem)
        {
            Directory.Delete(_mount);
            throw new IOException(problem);
        }
    }

    /// <summary>Why there can be no such disk; null when there can.</summary>
    public static string? SkipReason { get; } = FindSkipReason();

    public string Data => Path.Combine(_mount, "data");

    private string Ballast => Path.Combine(_mount, "ballast");

    /// <summary>Leaves so many bytes free.</summary>
    public void Fill(int bytesLeft)
    {
        using var file = new FileStream(Ballast, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var piece = new byte[64 * 1024];
        while (new DriveInfo(_mount).AvailableFreeSpace is var free && free > bytesLeft)
        {
            file.Write(piece.AsSpan(0, (int)Math.Min(piece.Length, free - bytesLeft)));
        }
    }

    public void Free() => File.Delete(Ballast);

    public void Dispose()
    {
        if (Run("umount", _mount) is { } problem)
        {
            throw new IOException(problem);
        }

        Directory.Delete(_mount);
    }

    private static string? FindSkipReason()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "needs Linux to mount a small file system";
        }

        try
        {
            new SmallDisk().Dispose();
            return null;
        }
        catch (Exception e) when (e is IOException or System.ComponentModel.Win32Exception)
        {
            return $"needs the right to mount a small file system: {e.Message}";
        }
    }

    /// <summary>Runs a command; what it said when it failed, else null.</summary>
    private static string? Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{command} ended with {process.ExitCode}: {errors.Trim()}");
    }
}

/// <summary>A test that needs a small disk.</summary>
public sealed class SmallDiskTheoryAttribute : TheoryAttribute
{
    public SmallDiskTheoryAttribute() => Skip = SmallDisk.SkipReason;
}
