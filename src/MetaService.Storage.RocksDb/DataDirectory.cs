using System.Globalization;

namespace MetaService.Storage.RocksDb;

/// <summary>
/// A data directory owned by this process. In it: <c>FORMAT</c> (what this directory is, one line of text), <c>db</c> (RocksDB's
/// files), <c>metaservice.lock</c> (locked while a process owns the directory) and <c>metaservice.pid</c> (which one).
/// </summary>
/// <remarks>
/// The line in FORMAT reads <c>metaservice-rocksdb VERSION STATE</c>. It is <c>new</c> until the database has been created, and
/// only in that state may a database be created: once it is <c>ready</c>, missing files mean lost data, never an empty store.
/// </remarks>
internal sealed class DataDirectory : IDisposable
{
    public const int FormatVersion = 1;

    private const string FormatName = "FORMAT";
    private const string FormatId = "metaservice-rocksdb";
    private const string LockName = "metaservice.lock";
    private const string PidName = "metaservice.pid";

    /// <summary>
    /// What a start that was cut off may leave before FORMAT is there, keys put there for a copy to come, and what a file system
    /// has in its root.
    /// </summary>
    private static readonly string[] HarmlessNames =
        [LockName, PidName, FormatName + ".tmp", RocksDbKvStoreOptions.KeyFileName, "lost+found"];

    /// <summary>What "locked by another" looks like: a sharing violation on Windows, EWOULDBLOCK on Linux and on macOS.</summary>
    private static readonly int[] LockedCodes = [unchecked((int)0x80070020), 11, 35];

    private readonly string _path;
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream @lock, bool isNew)
    {
        _path = path;
        _lock = @lock;
        IsNew = isNew;
    }

    /// <summary>Where RocksDB keeps its files.</summary>
    public string DatabasePath => DatabasePathIn(_path);

    /// <summary>Whether the database has yet to be created.</summary>
    public bool IsNew { get; private set; }

    public static string DatabasePathIn(string path) => Path.Combine(path, "db");

    /// <summary>Whether there is a store in the directory, of this or another format.</summary>
    public static bool HoldsStore(string path) => File.Exists(Path.Combine(path, FormatName));

    /// <summary>Takes the directory, creates it when absent. A directory that is not ours is left alone.</summary>
    /// <exception cref="StoreOpenException">It is in use, not ours, of a newer format or not accessible.</exception>
    public static DataDirectory Open(string path)
    {
        try
        {
            // Before anything is created in it, and again when nobody else can change it any more.
            _ = ReadState(path);
            DurableFiles.CreateDirectory(path);
            var @lock = TakeLock(path);
            try
            {
                var state = ReadState(path);
                if (state is null)
                {
                    WriteState(path, State.New);
                }

                File.WriteAllText(
                    Path.Combine(path, PidName), Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
                return new DataDirectory(path, @lock, isNew: state != State.Ready);
            }
            catch
            {
                @lock.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreOpenException(path, $"the directory cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Notes that the database exists.</summary>
    public void MarkReady()
    {
        if (IsNew)
        {
            WriteState(_path, State.Ready);
            IsNew = false;
        }
    }

    /// <summary>Makes a directory with a complete database in it one that can be opened.</summary>
    public static void MarkReady(string path) => WriteState(path, State.Ready);

    public void Dispose()
    {
        try
        {
            File.Delete(Path.Combine(_path, PidName));
        }
        finally
        {
            // The lock file stays: another process may be about to lock it, and would then own a file that has no name.
            _lock.Dispose();
        }
    }

    private static FileStream TakeLock(string path)
    {
        try
        {
            return new FileStream(Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (LockedCodes.Contains(e.HResult))
        {
            var pidFile = Path.Combine(path, PidName);
            var owner = File.Exists(pidFile) ? $"process {File.ReadAllText(pidFile).Trim()}" : "another process";
            throw new StoreOpenException(
                path, $"the data directory is in use by {owner}; stop it or choose another directory", e);
        }
    }

    /// <summary>What FORMAT says, or null when the directory is free to become ours.</summary>
    private static State? ReadState(string path)
    {
        if (File.Exists(path))
        {
            throw new StoreOpenException(path, "this is a file; a store needs a directory");
        }

        if (!Directory.Exists(path))
        {
            return null;
        }

        var format = Path.Combine(path, FormatName);
        if (File.Exists(format))
        {
            return ParseState(path, File.ReadAllText(format));
        }

        var foreign = Directory.EnumerateFileSystemEntries(path).Select(Path.GetFileName).Except(HarmlessNames).FirstOrDefault();
        return foreign is null
            ? null
            : throw new StoreOpenException(
                path, $"the directory is not empty (\"{foreign}\") and holds no store; choose an empty or a new directory");
    }

    private static State ParseState(string path, string text)
    {
        if (text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is not [FormatId, var number, .. var rest]
            || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
        {
            throw new StoreOpenException(
                path,
                $"the file {FormatName} is damaged or not of this store; restore the directory from a copy or choose another");
        }

        if (version > FormatVersion)
        {
            throw new StoreOpenException(
                path,
                $"the data is of format {version}, written by a newer version than this, which knows formats up to "
                + $"{FormatVersion}; use that newer version");
        }

        return rest switch
        {
            ["new"] => State.New,
            ["ready"] => State.Ready,
            _ => throw new StoreOpenException(path, $"the file {FormatName} is damaged; restore the directory from a copy"),
        };
    }

    private static void WriteState(string path, State state) =>
        DurableFiles.WriteAllText(
            Path.Combine(path, FormatName), $"{FormatId} {FormatVersion} {(state == State.New ? "new" : "ready")}\n");

    private enum State
    {
        New,
        Ready,
    }
}
