using MetaService.Storage.Embedded;
using RocksDbSharp;

namespace MetaService.Storage.RocksDb;

/// <summary>
/// The durable store of one machine: a RocksDB database in a directory that one process owns. A commit is on disk before it is
/// acknowledged.
/// </summary>
public sealed class RocksDbKvStore : IKvStore
{
    private readonly TimeProvider _time;
    private readonly DataDirectory _directory;
    private readonly DatabaseHandle _database;
    private readonly PublishedViews _views;
    private readonly Committer _committer;
    private readonly ArenaTrimmer _trimmer = new();
    private readonly Lazy<Task> _closing;

    private RocksDbKvStore(DataDirectory directory, DatabaseHandle database, TimeProvider time)
    {
        _time = time;
        _directory = directory;
        _database = database;
        var lastVersion = database.ReadLastVersion();
        _views = new PublishedViews(new SnapshotView(database, lastVersion));
        _committer = new Committer(database, _views, new VersionClock(time, lastVersion), time);
        _closing = new Lazy<Task>(CloseAsync);
    }

    public string Kind => "rocksdb";

    /// <summary>
    /// False: a commit may well answer <see cref="KvError.CommitUnknown"/>, when the disk fails, but then the store stops working
    /// until it is opened again.
    /// </summary>
    public bool CommitsCanBeUnknown => false;

    public WriteStamps WriteStamps => _committer.WriteStamps;

    /// <summary>Counts since the store was opened.</summary>
    public RocksDbStatistics Statistics => _committer.Statistics;

    /// <summary>Opens the store, and creates it when its directory is absent or empty.</summary>
    /// <exception cref="StoreOpenException">
    /// The directory is in use, is not a store, is of a newer format, is damaged, or cannot be accessed. Its data are as they
    /// were.
    /// </exception>
    public static RocksDbKvStore Open(RocksDbKvStoreOptions options, TimeProvider time)
    {
        var path = FullPath(options.Directory);
        if (options.MustExist && !DataDirectory.HoldsStore(path))
        {
            throw new StoreOpenException(path, "there is no store in this directory; check its name");
        }

        var directory = DataDirectory.Open(path);
        DatabaseHandle? database = null;
        try
        {
            if (!directory.IsNew)
            {
                LogCheck.RequireSound(directory.DatabasePath);
            }

            database = DatabaseHandle.Open(directory.DatabasePath, options, create: directory.IsNew);
            directory.MarkReady();
            return new RocksDbKvStore(directory, database, time);
        }
        catch (Exception e)
        {
            database?.Dispose();
            directory.Dispose();
            if (e is RocksDbException or IOException or InvalidDataException or UnauthorizedAccessException)
            {
                throw new StoreOpenException(
                    path,
                    $"the database cannot be opened ({e.Message.Trim()}); "
                    + "if its files are damaged or missing, restore the directory from a copy",
                    e);
            }

            throw;
        }
    }

    public IKvTransaction BeginTransaction() => new OptimisticTransaction(_views.Acquire(), _time, _committer);

    public async ValueTask RaiseVersionAsync(long version, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var commit = await _committer.CommitAsync(CommitRequest.ToRaiseVersion(version, _views.Newest)).ConfigureAwait(false);
        commit.ThrowIfFailed();
    }

    public IKvReader BeginRead() => new ViewReader(_views.Acquire(), _time);

    /// <summary>
    /// Makes a copy of the store as of now in another directory, which can be opened as a store. On the same file system it takes
    /// next to no space and time. Work goes on meanwhile.
    /// </summary>
    /// <param name="directory">Absent or empty.</param>
    /// <exception cref="IOException">The directory is not empty, or the copy failed.</exception>
    /// <exception cref="KvException">The store is closed.</exception>
    public Task CheckpointAsync(string directory) =>
        // A long-running task has a thread of its own: the copy waits for the disk.
        Task.Factory.StartNew(
            () => Checkpoint(FullPath(directory)),
            CancellationToken.None,
            TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
            TaskScheduler.Default);

    /// <summary>Finishes the commits handed in so far, lets readers fail from now on, and gives the directory free.</summary>
    public ValueTask DisposeAsync() => new(_closing.Value);

    private static string FullPath(string directory) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));

    private void Checkpoint(string path)
    {
        if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw new IOException($"the directory {path} is not empty");
        }

        _database.Gate.Enter();
        try
        {
            DurableFiles.CreateDirectory(path);
            _database.Checkpoint(DataDirectory.DatabasePathIn(path));
            // Last: a copy that was cut off is not taken for a store.
            DataDirectory.MarkReady(path);
        }
        catch (RocksDbException e)
        {
            throw new IOException($"the copy to {path} failed: {e.Message}", e);
        }
        finally
        {
            _database.Gate.Exit();
        }
    }

    private async Task CloseAsync()
    {
        await _committer.StopAsync().ConfigureAwait(false);
        _views.Close("the store is closed");
        WriteStamps.Close();
        await _database.Gate.CloseAsync().ConfigureAwait(false);
        _views.FreeAll();
        _database.Dispose();
        _trimmer.Dispose();
        _directory.Dispose();
    }
}
