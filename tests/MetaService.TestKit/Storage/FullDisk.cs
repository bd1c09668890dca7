using System.Globalization;
using System.Runtime.InteropServices;

namespace MetaService.TestKit.Storage;

/// <summary>
/// Makes the disk fail for real: puts the device that is always full in the place of files that the process has open for
/// writing. Linux only.
/// </summary>
public static class FullDisk
{
    private const int WriteOnly = 1;

    /// <summary>Lets writes to the open files of a directory with this ending fail from now on; returns their number.</summary>
    public static int Break(string directory, string ending)
    {
        var descriptors = Directory.EnumerateFileSystemEntries("/proc/self/fd")
            .Where(link => Target(link) is { } target
                && target.StartsWith(directory, StringComparison.Ordinal)
                && target.EndsWith(ending, StringComparison.Ordinal))
            .Select(link => int.Parse(Path.GetFileName(link), CultureInfo.InvariantCulture))
            .ToList();
        var full = Open("/dev/full", WriteOnly);
        full.Should().BePositive();
        descriptors.ForEach(descriptor => Duplicate(full, descriptor).Should().Be(descriptor));
        _ = Close(full);
        return descriptors.Count;
    }

    private static string? Target(string link)
    {
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName;
        }
        catch (FileNotFoundException)
        {
            // Another thread has closed it in between.
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "open", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int Open(string path, int flags);

    [DllImport("libc", EntryPoint = "dup2")]
    private static extern int Duplicate(int from, int to);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int descriptor);
}
