using System.Buffers.Binary;
using RocksDbSharp;
using Database = RocksDbSharp.RocksDb;

namespace MetaService.Storage.RocksDb;

/// <summary>
/// The open database. Its default column family holds the pairs, the family "meta" the version of the last commit, so that no key
/// of the store is taken from its users.
/// </summary>
internal sealed class DatabaseHandle : IDisposable
{
    private const string MetaFamily = "meta";

    private static readonly byte[] LastVersionKey = "last_version"u8.ToArray();

    private readonly Database _database;
    private readonly ColumnFamilyHandle _meta;
    private readonly WriteOptions _synced = new WriteOptions().SetSync(true);

    private DatabaseHandle(Database database)
    {
        _database = database;
        Data = database.GetDefaultColumnFamily();
        _meta = database.GetColumnFamily(MetaFamily);
    }

    /// <summary>To be entered around every call that the store does not itself order before <see cref="Dispose"/>.</summary>
    public NativeGate Gate { get; } = new();

    public IntPtr Handle => _database.Handle;

    public ColumnFamilyHandle Data { get; }

    /// <exception cref="RocksDbException">The files are damaged, incomplete or not accessible.</exception>
    public static DatabaseHandle Open(string path, RocksDbKvStoreOptions options, bool create)
    {
        var family = FamilyOptions(options);
        var families = new ColumnFamilies(family) { { MetaFamily, family } };
        return new DatabaseHandle(Database.Open(DatabaseOptions(options, create), path, families));
    }

    /// <summary>The version of the last commit; 0 when there is none.</summary>
    public long ReadLastVersion() =>
        _database.Get(LastVersionKey, _meta) is { } value ? BinaryPrimitives.ReadInt64BigEndian(value) : 0;

    /// <summary>Writes the batch and the version that it makes, and returns when both are on disk.</summary>
    /// <exception cref="RocksDbException">They may be on disk or not.</exception>
    public void Write(WriteBatch batch, long version)
    {
        var value = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(value, version);
        batch.Put(LastVersionKey, value, _meta);
        _database.Write(batch, _synced);
    }

    /// <summary>Makes a consistent copy in a directory that does not exist yet, as hard links where possible.</summary>
    public void Checkpoint(string path)
    {
        using var checkpoint = _database.Checkpoint();
        checkpoint.Save(path, 0);
    }

    public void Dispose() => _database.Dispose();

    private static DbOptions DatabaseOptions(RocksDbKvStoreOptions options, bool create) =>
        new DbOptions()
            .SetCreateIfMissing(create)
            .SetCreateMissingColumnFamilies(create)
            .SetParanoidChecks(true)
            // A torn record at the end of the log was never acknowledged; damage anywhere else must not pass as the end.
            .SetWalRecoveryMode(Recovery.TolerateCorruptedTailRecords)
            .SetMaxTotalWalSize(options.MaxLogBytes)
            .SetMaxOpenFiles(options.MaxOpenFiles)
            .SkipStatsUpdateOnOpen(true)
            .SetStatsDumpPeriodSec(0)
            .SetInfoLogLevel(InfoLogLevel.Warn)
            .SetMaxLogFileSize(4 << 20)
            .SetKeepLogFileNum(3);

    private static ColumnFamilyOptions FamilyOptions(RocksDbKvStoreOptions options)
    {
        var family = new ColumnFamilyOptions()
            .SetWriteBufferSize(options.WriteBufferBytes)
            .SetMaxWriteBufferNumber(2)
            // New keys come in a few places of the key space. Many flushed files at once, merged into small ones, rewrite little of
            // what is there already; with the defaults merging took a fifth of the processor time of a change.
            .SetLevel0FileNumCompactionTrigger(8)
            .SetTargetFileSizeBase(8 << 20)
            .SetTargetFileSizeMultiplier(2)
            .SetCompression(Compression.Lz4)
            .SetBlockBasedTableFactory(TableOptions(options));
        // Most reads of a change look for what is not there; a filter spares them the search of the write buffers.
        Native.Instance.rocksdb_options_set_memtable_prefix_bloom_size_ratio(family.Handle, 0.1);
        Native.Instance.rocksdb_options_set_memtable_whole_key_filtering(family.Handle, 1);
        return family;
    }

    private static BlockBasedTableOptions TableOptions(RocksDbKvStoreOptions options)
    {
        var table = new BlockBasedTableOptions()
            .SetBlockCache(Cache.CreateLru(options.BlockCacheBytes))
            .SetCacheIndexAndFilterBlocks(true)
            .SetPinL0FilterAndIndexBlocksInCache(true)
            .SetFilterPolicy(BloomFilterPolicy.Create(10, false))
            // The index and filter of a file of a million keys are larger than a shard of the cache, so that in one piece they would be
            // read from the file again and again. In pieces, those in use stay in memory.
            .SetIndexType(BlockBasedTableIndexType.TwoLevelIndex);
        Native.Instance.rocksdb_block_based_options_set_partition_filters(table.Handle, 1);
        return table;
    }
}
