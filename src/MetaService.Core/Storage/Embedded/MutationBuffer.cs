namespace MetaService.Storage.Embedded;

/// <summary>What a commit does to the store, in terms of plain writes. The arrays may be kept, they never change.</summary>
public interface IMutationTarget
{
    /// <summary>The value as of the writes so far.</summary>
    byte[]? Get(byte[] key);

    void Put(byte[] key, byte[] value);

    void Delete(byte[] key);

    void DeleteRange(KeyRange range);
}

/// <summary>
/// The writes of a transaction that are not committed yet, in key order, folded to at most one per key. Methods that throw
/// leave the buffer as it was.
/// </summary>
/// <remarks>
/// The form at any time is: first the cleared ranges, then one write for each written key. A range clear drops the pending writes
/// inside, and an addition over something decided (a set, a clear) is computed at once, so that the order between the two
/// parts never matters. Keys with a versionstamp are kept apart; nobody can name them before commit.
/// </remarks>
public sealed class MutationBuffer
{
    private readonly SortedSet<PendingWrite> _writes = new(PendingWriteComparer.Instance);
    private readonly KeyRangeSet _cleared = new();
    private readonly List<StampedKeyWrite> _stampedKeys = [];
    private readonly List<KeyRange> _clearsAfterStampedKeys = [];

    /// <summary>Bytes of keys and values.</summary>
    public int Size { get; private set; }

    public bool IsEmpty => _writes.Count == 0 && _cleared.Ranges.Count == 0 && _stampedKeys.Count == 0;

    /// <summary>The ranges cleared, sorted and disjoint.</summary>
    public IReadOnlyList<KeyRange> ClearedRanges => _cleared.Ranges;

    /// <summary>Bytes that the transaction takes besides, to be counted toward the same limit.</summary>
    public int OtherSize { get; set; }

    /// <summary>What is pending for a key.</summary>
    public PendingWrite Find(byte[] key)
    {
        if (_writes.Count > 0 && _writes.TryGetValue(new PendingWrite(key, PendingKind.None), out var write))
        {
            return write;
        }

        return new PendingWrite(key, IsCleared(key) ? PendingKind.Clear : PendingKind.None);
    }

    /// <summary>Whether a range clear covers the key. Says nothing of what was written to it since.</summary>
    public bool IsCleared(ReadOnlySpan<byte> key) => _cleared.Contains(key);

    /// <summary>Whether a range clear covers the whole range, so that nothing in it depends on the store.</summary>
    public bool IsCleared(KeyRange range) => _cleared.Contains(range);

    /// <summary>The pending writes of single keys in a range, in key order or in reverse.</summary>
    public IEnumerable<PendingWrite> Writes(KeyRange range, bool reverse)
    {
        if (_writes.Count == 0 || range.Begin.AsSpan().SequenceCompareTo(range.End) >= 0)
        {
            return [];
        }

        var view = _writes.GetViewBetween(new(range.Begin, PendingKind.None), new(range.End, PendingKind.None));
        // The view includes its upper bound, the range does not.
        return (reverse ? view.Reverse() : view).Where(write => !write.Key.AsSpan().SequenceEqual(range.End));
    }

    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        KvLimits.CheckKey(key);
        KvLimits.CheckValue(value);
        Put(new PendingWrite(key.ToArray(), PendingKind.Set, value.ToArray()));
    }

    public void Clear(ReadOnlySpan<byte> key)
    {
        KvLimits.CheckKey(key);
        Put(new PendingWrite(key.ToArray(), PendingKind.Clear));
    }

    public void ClearRange(ReadOnlySpan<byte> begin, ReadOnlySpan<byte> end)
    {
        KvLimits.CheckRange(begin, end);
        if (begin.SequenceEqual(end))
        {
            return;
        }

        var range = new KeyRange(begin.ToArray(), end.ToArray());
        var dropped = Writes(range, reverse: false).ToList();
        Grow(_cleared.Growth(range) - dropped.Sum(write => write.Size));
        foreach (var write in dropped)
        {
            _writes.Remove(write);
        }

        _cleared.Add(range);
        if (_stampedKeys.Count > 0)
        {
            _clearsAfterStampedKeys.Add(range);
        }
    }

    /// <exception cref="KvException">The key has a pending value with a versionstamp, to which nothing can be added.</exception>
    public void AtomicAdd(ReadOnlySpan<byte> key, long delta)
    {
        KvLimits.CheckKey(key);
        var pending = Find(key.ToArray());
        Put(pending.Kind switch
        {
            PendingKind.None => pending with { Kind = PendingKind.Add, Delta = delta },
            PendingKind.Add => pending with { Delta = unchecked(pending.Delta + delta) },
            _ => pending with { Kind = PendingKind.Set, Value = CounterValue.Add(pending.Over(null), delta) },
        });
    }

    public void SetVersionstampedValue(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, int stampOffset)
    {
        KvLimits.CheckKey(key);
        KvLimits.CheckValue(value);
        CheckStampOffset(value, stampOffset);
        Put(new PendingWrite(key.ToArray(), PendingKind.SetStamped, value.ToArray(), StampOffset: stampOffset));
    }

    public void SetVersionstampedKey(ReadOnlySpan<byte> key, int stampOffset, ReadOnlySpan<byte> value)
    {
        CheckStampOffset(key, stampOffset);
        var template = key.ToArray();
        // The bytes of the placeholder are overwritten at commit; callers like to fill it with 0xFF, which is no reserved key.
        template.AsSpan(stampOffset, Versionstamp.Length).Clear();
        KvLimits.CheckKey(template);
        KvLimits.CheckValue(value);
        Grow(template.Length + value.Length);
        _stampedKeys.Add(new StampedKeyWrite(template, stampOffset, value.ToArray(), _clearsAfterStampedKeys.Count));
    }

    /// <summary>Throws when that many more bytes would be over the limit.</summary>
    public void CheckRoom(int bytes)
    {
        if (Size + OtherSize + bytes > KvLimits.TransactionBytes)
        {
            throw new KvException(KvError.TooLarge, $"the transaction is over the limit of {KvLimits.TransactionBytes} bytes");
        }
    }

    /// <summary>The single keys written, with the versionstamps of the commit. Cleared ranges are apart.</summary>
    public IEnumerable<byte[]> WrittenKeys(Versionstamp stamp) =>
        _writes.Select(write => write.Key).Concat(_stampedKeys.Select(write => Stamp(write.Template, write.StampOffset, stamp)));

    /// <summary>Carries out the writes.</summary>
    public void ApplyTo(IMutationTarget target, Versionstamp stamp)
    {
        foreach (var range in _cleared.Ranges)
        {
            target.DeleteRange(range);
        }

        foreach (var write in _writes)
        {
            switch (write.Kind)
            {
                case PendingKind.Clear:
                    target.Delete(write.Key);
                    break;
                case PendingKind.Add:
                    target.Put(write.Key, CounterValue.Add(target.Get(write.Key), write.Delta));
                    break;
                case PendingKind.SetStamped:
                    target.Put(write.Key, Stamp(write.Value!, write.StampOffset, stamp));
                    break;
                default:
                    target.Put(write.Key, write.Value!);
                    break;
            }
        }

        foreach (var write in _stampedKeys)
        {
            var key = Stamp(write.Template, write.StampOffset, stamp);
            if (!_clearsAfterStampedKeys.Skip(write.FirstLaterClear).Any(range => range.Contains(key)))
            {
                target.Put(key, write.Value);
            }
        }
    }

    private void Put(PendingWrite write)
    {
        if (_writes.TryGetValue(write, out var replaced))
        {
            Grow(write.Size - replaced.Size);
            _writes.Remove(replaced);
        }
        else
        {
            Grow(write.Size);
        }

        _writes.Add(write);
    }

    private void Grow(int bytes)
    {
        CheckRoom(bytes);
        Size += bytes;
    }

    private static byte[] Stamp(byte[] template, int offset, Versionstamp stamp)
    {
        var stamped = (byte[])template.Clone();
        stamp.WriteTo(stamped.AsSpan(offset));
        return stamped;
    }

    private static void CheckStampOffset(ReadOnlySpan<byte> bytes, int offset)
    {
        if (offset < 0 || offset > bytes.Length - Versionstamp.Length)
        {
            throw new KvException(
                KvError.InvalidOperation,
                $"no room for a versionstamp of {Versionstamp.Length} bytes at offset {offset} of {bytes.Length}");
        }
    }
}
