using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace MetaService.Storage.RocksDb;

/// <summary>Files and directories that are still there after a loss of power.</summary>
public static partial class DurableFiles
{
    /// <summary>Replaces a file as a whole: after a crash there is either the old text or the new one.</summary>
    /// <param name="mode">Who may read it, where the system has such modes; null for what is usual.</param>
    public static void WriteAllText(string path, string text, UnixFileMode? mode = null)
    {
        var temporary = path + ".tmp";
        File.Delete(temporary); // What a crash left might have another mode.
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (mode is not null && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        using (var stream = new FileStream(temporary, options))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Creates a directory and those above it that are missing, for their owner's eyes only: records hold keys of object stores.</summary>
    public static void CreateDirectory(string path)
    {
        var missing = new Stack<string>();
        for (var p = path; p is not null && !Directory.Exists(p); p = Path.GetDirectoryName(p))
        {
            missing.Push(p);
        }

        foreach (var directory in missing)
        {
            Create(directory);
            SyncDirectory(Path.GetDirectoryName(directory)!);
        }
    }

    private static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Makes the names in a directory durable. Windows needs no such call and has none.</summary>
    private static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(path, 0);
        if (descriptor < 0)
        {
            throw Failure(path);
        }

        try
        {
            if (FSync(descriptor) != 0)
            {
                throw Failure(path);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failure(string path)
    {
        var cause = new Win32Exception(Marshal.GetLastPInvokeError());
        return new IOException($"cannot sync the directory {path}: {cause.Message}", cause);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
