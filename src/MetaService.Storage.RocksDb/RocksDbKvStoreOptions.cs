namespace MetaService.Storage.RocksDb;

/// <summary>Where the store lives and what it may use.</summary>
public sealed class RocksDbKvStoreOptions
{
    /// <summary>
    /// The name of a file with keys that may lie in the data directory. The store does not read it; it is just no reason to take
    /// an otherwise empty directory for somebody else's.
    /// </summary>
    public const string KeyFileName = "secrets.key";

    /// <summary>The data directory; created when absent, owned by one process at a time.</summary>
    public required string Directory { get; init; }

    /// <summary>Whether a store must be there already: a mistyped name then does not pass for an empty store.</summary>
    public bool MustExist { get; init; }

    /// <summary>
    /// Bytes of the cache of blocks read from files, with their indexes and filters. It takes nearly twice as much memory: its blocks lie
    /// scattered over the allocator's arenas. What is not in it is likely in the page cache of the system.
    /// </summary>
    public ulong BlockCacheBytes { get; init; } = 16 << 20;

    /// <summary>Bytes of one write buffer; two of them may be in memory.</summary>
    public ulong WriteBufferBytes { get; init; } = 16 << 20;

    /// <summary>Bytes of log that a start may have to read again.</summary>
    public ulong MaxLogBytes { get; init; } = 64 << 20;

    /// <summary>Table files kept open.</summary>
    public int MaxOpenFiles { get; init; } = 512;
}

/// <summary>What the store has done since it was opened.</summary>
/// <param name="Commits">Transactions committed.</param>
/// <param name="Batches">Synced writes; each carries one or more commits.</param>
/// <param name="Conflicts">Transactions refused because something they read was changed.</param>
public readonly record struct RocksDbStatistics(long Commits, long Batches, long Conflicts);
