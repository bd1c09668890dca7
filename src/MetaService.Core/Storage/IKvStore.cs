namespace MetaService.Storage;

/// <summary>
/// A transactional, ordered key-value store with FoundationDB's semantics: strictly serializable transactions, optimistic
/// conflict detection on keys and ranges, one commit version per batch of commits. Thread-safe.
/// </summary>
public interface IKvStore : IAsyncDisposable
{
    /// <summary>The store's short name as used on the command line and in logs, e.g. <c>rocksdb</c>.</summary>
    string Kind { get; }

    /// <summary>
    /// Whether a commit may answer <see cref="KvError.CommitUnknown"/> while the store goes on working. The runner then writes a
    /// marker in each transaction to find out; a store that stops working after such an answer needs none.
    /// </summary>
    bool CommitsCanBeUnknown { get; }

    /// <summary>
    /// What was written when, for a store whose commits are all made in this process; null for one that others write to as well.
    /// </summary>
    WriteStamps? WriteStamps => null;

    /// <summary>Begins a transaction that may write. Dispose it; it holds resources of the store.</summary>
    IKvTransaction BeginTransaction();

    /// <summary>
    /// The first keys of the ranges that the store keeps and moves as a unit, in order; for an embedded store there is one range, which
    /// begins with the empty key.
    /// </summary>
    ValueTask<IReadOnlyList<byte[]>> GetRangeStartsAsync(CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IReadOnlyList<byte[]>>([[]]);

    /// <summary>
    /// Makes every commit that begins from now on get a version above this one, for data from another store whose versionstamps
    /// must stay older than new ones. Durable. A store that is there already does nothing.
    /// </summary>
    /// <exception cref="KvException">The store cannot be reached or refuses.</exception>
    ValueTask RaiseVersionAsync(long version, CancellationToken cancellationToken = default);

    /// <summary>Begins a reader of one consistent version, which records no conflicts and cannot write. Dispose it.</summary>
    IKvReader BeginRead();
}

/// <summary>
/// Reads at one version of the store. Reads throw <see cref="KvException"/>. Not thread-safe: one caller at a time.
/// </summary>
public interface IKvReader : IDisposable
{
    /// <summary>The version that all reads see: every commit at or below it, none above.</summary>
    ValueTask<long> GetReadVersionAsync(CancellationToken cancellationToken = default);

    /// <summary>The value of a key, or null when there is none.</summary>
    /// <param name="key">Up to <see cref="KvLimits.KeyBytes"/> bytes.</param>
    /// <param name="snapshot">In a transaction: read without becoming liable to conflicts on this key.</param>
    ValueTask<byte[]?> GetAsync(ReadOnlyMemory<byte> key, bool snapshot = false, CancellationToken cancellationToken = default);

    /// <summary>The pairs with begin &lt;= key &lt; end, in key order, or in reverse from the end.</summary>
    ValueTask<KvRange> GetRangeAsync(
        ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end, KvRangeOptions options = default, CancellationToken cancellationToken = default);
}

/// <summary>
/// A read-write transaction. Its reads see its own writes. Nothing is visible to others before <see cref="CommitAsync"/>.
/// </summary>
public interface IKvTransaction : IKvReader
{
    /// <summary>Writes a value.</summary>
    void Set(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value);

    /// <summary>Removes a key; removing an absent key is fine.</summary>
    void Clear(ReadOnlyMemory<byte> key);

    /// <summary>Removes all keys with begin &lt;= key &lt; end.</summary>
    void ClearRange(ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end);

    /// <summary>
    /// Adds to an 8-byte little-endian integer without reading it, so that concurrent additions do not conflict. An absent value
    /// counts as 0, a shorter one as zero-extended, a longer one is cut to 8 bytes; overflow wraps.
    /// </summary>
    void AtomicAdd(ReadOnlyMemory<byte> key, long delta);

    /// <summary>
    /// Writes a key in which the 10 bytes at <paramref name="stampOffset"/> become this transaction's versionstamp at commit.
    /// The transaction cannot read it back.
    /// </summary>
    void SetVersionstampedKey(ReadOnlyMemory<byte> key, int stampOffset, ReadOnlyMemory<byte> value);

    /// <summary>
    /// Writes a value in which the 10 bytes at <paramref name="stampOffset"/> become this transaction's versionstamp at commit.
    /// Reading it back in the same transaction is an error.
    /// </summary>
    void SetVersionstampedValue(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, int stampOffset);

    /// <summary>Makes this transaction conflict with later writes to a key as if it had read it.</summary>
    void AddReadConflictKey(ReadOnlyMemory<byte> key);

    /// <summary>Makes this transaction conflict with later writes to a range as if it had read it.</summary>
    void AddReadConflictRange(ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end);

    /// <summary>
    /// Commits once. Answers every outcome as a value, does not throw for them; after it the transaction can only be disposed.
    /// A transaction without writes commits without effect and without a version.
    /// </summary>
    ValueTask<KvCommit> CommitAsync(CancellationToken cancellationToken = default);
}

/// <summary>How to read a range.</summary>
/// <param name="Limit">Most pairs to return; 0 stands for <see cref="DefaultLimit"/>.</param>
/// <param name="Reverse">From the end of the range backwards.</param>
/// <param name="Snapshot">Without becoming liable to conflicts on the range.</param>
public readonly record struct KvRangeOptions(int Limit = 0, bool Reverse = false, bool Snapshot = false)
{
    /// <summary>Pairs returned when no limit is given; page on with <see cref="KvRange.HasMore"/>.</summary>
    public const int DefaultLimit = 10_000;

    /// <summary>The limit in force.</summary>
    public int EffectiveLimit => Limit > 0 ? Limit : DefaultLimit;
}

/// <summary>A key and its value.</summary>
public readonly record struct KvPair(byte[] Key, byte[] Value);

/// <summary>The result of a range read.</summary>
/// <param name="Pairs">In the order asked for.</param>
/// <param name="HasMore">Whether the limit ended the read; if so there may be more beyond the last pair.</param>
public readonly record struct KvRange(IReadOnlyList<KvPair> Pairs, bool HasMore);
