using MetaService.Storage.Embedded;
using RocksDbSharp;

namespace MetaService.Storage.RocksDb;

/// <summary>
/// The writes of one batch of commits as they go to disk, in order. Reads see the earlier commits of the same batch: an addition
/// needs them.
/// </summary>
internal sealed class CommitBatch(KvView stored) : IMutationTarget, IDisposable
{
    /// <summary>
    /// Ranges of up to this many keys are removed key by key: a range tombstone costs every later read near it, many of them
    /// cost a lot, while most ranges cleared hold a handful of keys.
    /// </summary>
    private const int MaxKeysRemovedSingly = 64;

    private readonly Dictionary<byte[], byte[]?> _written = new(ByteKeyComparer.Instance);
    private readonly List<KeyRange> _clearedRanges = [];

    public WriteBatch Native { get; } = new();

    /// <summary>Notes what the batch writes, once it is decided and before it can be seen.</summary>
    public void NoteIn(WriteStamps stamps, long version)
    {
        foreach (var key in _written.Keys)
        {
            stamps.Note(key, version);
        }

        if (_clearedRanges.Count > 0)
        {
            stamps.NoteAll(version);
        }
    }

    public byte[]? Get(byte[] key)
    {
        if (_written.TryGetValue(key, out var value))
        {
            return value;
        }

        return _clearedRanges.Exists(range => range.Contains(key)) ? null : stored.Get(key);
    }

    public void Put(byte[] key, byte[] value)
    {
        Native.Put(key, value);
        _written[key] = value;
    }

    public void Delete(byte[] key)
    {
        Native.Delete(key);
        _written[key] = null;
    }

    public void DeleteRange(KeyRange range)
    {
        foreach (var key in _written.Keys.Where(key => range.Contains(key)).ToList())
        {
            Delete(key);
        }

        var keys = StoredKeys(range);
        if (keys.Count <= MaxKeysRemovedSingly)
        {
            keys.ForEach(Delete);
            return;
        }

        Native.DeleteRange(range.Begin, (ulong)range.Begin.Length, range.End, (ulong)range.End.Length);
        _clearedRanges.Add(range);
    }

    public void Dispose() => Native.Dispose();

    /// <summary>The keys of a range in the store; one more than the limit when there are more.</summary>
    private List<byte[]> StoredKeys(KeyRange range)
    {
        var keys = new List<byte[]>();
        using var cursor = stored.Scan(range.Begin, range.End, reverse: false);
        while (keys.Count <= MaxKeysRemovedSingly && cursor.MoveNext())
        {
            keys.Add(cursor.Key.ToArray());
        }

        return keys;
    }
}
