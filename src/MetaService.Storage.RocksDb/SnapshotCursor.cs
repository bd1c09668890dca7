using System.Runtime.InteropServices;
using MetaService.Storage.Embedded;
using RocksDbSharp;

namespace MetaService.Storage.RocksDb;

/// <summary>
/// A native iterator over a range. Used directly rather than through the package's class: its life must end with the scan, and
/// the native code keeps pointers to the bounds instead of copying them.
/// </summary>
internal sealed unsafe class SnapshotCursor : IKvCursor
{
    private readonly DatabaseHandle _database;
    private readonly bool _reverse;
    private readonly IntPtr _options;
    private readonly IntPtr _iterator;
    private readonly byte* _bounds;
    private bool _started;
    private bool _disposed;

    public SnapshotCursor(DatabaseHandle database, IntPtr snapshot, byte[] begin, byte[] end, bool reverse)
    {
        _database = database;
        _reverse = reverse;
        database.Gate.Enter();
        _bounds = (byte*)NativeMemory.Alloc((nuint)(begin.Length + end.Length));
        begin.CopyTo(new Span<byte>(_bounds, begin.Length));
        end.CopyTo(new Span<byte>(_bounds + begin.Length, end.Length));
        var native = Native.Instance;
        _options = native.rocksdb_readoptions_create();
        native.rocksdb_readoptions_set_snapshot(_options, snapshot);
        native.rocksdb_readoptions_set_iterate_lower_bound(_options, _bounds, (nuint)begin.Length);
        native.rocksdb_readoptions_set_iterate_upper_bound(_options, _bounds + begin.Length, (nuint)end.Length);
        _iterator = native.rocksdb_create_iterator_cf(database.Handle, _options, database.Data.Handle);
    }

    public ReadOnlySpan<byte> Key
    {
        get
        {
            var bytes = Native.Instance.rocksdb_iter_key(_iterator, out var length);
            return new ReadOnlySpan<byte>((void*)bytes, checked((int)length));
        }
    }

    public ReadOnlySpan<byte> Value
    {
        get
        {
            var bytes = Native.Instance.rocksdb_iter_value(_iterator, out var length);
            return new ReadOnlySpan<byte>((void*)bytes, checked((int)length));
        }
    }

    public bool MoveNext()
    {
        var native = Native.Instance;
        switch (_started, _reverse)
        {
            case (false, false):
                native.rocksdb_iter_seek_to_first(_iterator);
                break;
            case (false, true):
                native.rocksdb_iter_seek_to_last(_iterator);
                break;
            case (true, false):
                native.rocksdb_iter_next(_iterator);
                break;
            case (true, true):
                native.rocksdb_iter_prev(_iterator);
                break;
        }

        _started = true;
        if (native.rocksdb_iter_valid(_iterator) != 0)
        {
            return true;
        }

        // An iterator that cannot read on looks like one at its end, but for this.
        try
        {
            native.rocksdb_iter_get_error(_iterator);
        }
        catch (RocksDbException e)
        {
            throw SnapshotView.ReadFailed(e);
        }

        return false;
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            Native.Instance.rocksdb_iter_destroy(_iterator);
            Native.Instance.rocksdb_readoptions_destroy(_options);
            NativeMemory.Free(_bounds);
            _database.Gate.Exit();
        }
    }
}
