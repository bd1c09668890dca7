using MetaService.Storage.Embedded;
using RocksDbSharp;

namespace MetaService.Storage.RocksDb;

/// <summary>A RocksDB snapshot as a view.</summary>
internal sealed class SnapshotView : KvView
{
    private readonly DatabaseHandle _database;
    private readonly IntPtr _readOptions;
    private IntPtr _snapshot;

    public SnapshotView(DatabaseHandle database, long version)
        : base(version)
    {
        _database = database;
        _snapshot = Native.Instance.rocksdb_create_snapshot(database.Handle);
        _readOptions = Native.Instance.rocksdb_readoptions_create();
        Native.Instance.rocksdb_readoptions_set_snapshot(_readOptions, _snapshot);
    }

    public override byte[]? Get(ReadOnlySpan<byte> key)
    {
        _database.Gate.Enter();
        try
        {
            return Native.Instance.rocksdb_get(_database.Handle, _readOptions, key, _database.Data);
        }
        catch (RocksDbException e)
        {
            throw ReadFailed(e);
        }
        finally
        {
            _database.Gate.Exit();
        }
    }

    public override IKvCursor Scan(byte[] begin, byte[] end, bool reverse) =>
        new SnapshotCursor(_database, _snapshot, begin, end, reverse);

    internal static KvException ReadFailed(RocksDbException e) =>
        new(KvError.Unavailable, $"the read failed: {e.Message}", e);

    protected override bool TryFree()
    {
        if (!_database.Gate.TryEnter())
        {
            return false;
        }

        Free();
        _database.Gate.Exit();
        return true;
    }

    protected override void Free()
    {
        var snapshot = Interlocked.Exchange(ref _snapshot, IntPtr.Zero);
        if (snapshot != IntPtr.Zero)
        {
            Native.Instance.rocksdb_readoptions_destroy(_readOptions);
            Native.Instance.rocksdb_release_snapshot(_database.Handle, snapshot);
        }
    }
}
