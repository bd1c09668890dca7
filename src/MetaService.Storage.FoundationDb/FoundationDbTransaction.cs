using System.Buffers.Binary;
using FoundationDB.Client;
using MetaService.Storage.Embedded;
using KeyRange = MetaService.Keys.KeyRange;

namespace MetaService.Storage.FoundationDb;

/// <summary>A native transaction; conflicts are found and commits decided by the cluster.</summary>
/// <param name="store">Where to look, after a conflict, which of the keys read were changed.</param>
internal sealed class FoundationDbTransaction(IFdbTransaction native, KeyPrefix prefix, FoundationDbKvStore store)
    : FoundationDbReader(native, prefix), IKvTransaction
{
    /// <summary>Keys compared after a conflict: the one that rivals meet at is among the first that they read.</summary>
    private const int MaxCompared = 32;

    private readonly List<(byte[] Key, byte[]? Value)> _read = [];
    private readonly HashSet<byte[]> _written = new(ByteKeyComparer.Instance);
    private bool _hasWrites;
    private bool _committed;

    public override async ValueTask<byte[]?> GetAsync(
        ReadOnlyMemory<byte> key, bool snapshot = false, CancellationToken cancellationToken = default)
    {
        var value = await base.GetAsync(key, snapshot, cancellationToken).ConfigureAwait(false);
        if (!snapshot && _read.Count < MaxCompared)
        {
            var bytes = key.ToArray();
            if (!_written.Contains(bytes))
            {
                _read.Add((bytes, value));
            }
        }

        return value;
    }

    public void Set(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value)
    {
        KvLimits.CheckValue(value.Span);
        var prefixed = KeyToWrite(key);
        Write(() => Native.Set(prefixed.Span, value.Span));
    }

    public void Clear(ReadOnlyMemory<byte> key)
    {
        var prefixed = KeyToWrite(key);
        Write(() => Native.Clear(prefixed.Span));
    }

    public void ClearRange(ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end)
    {
        var (first, last) = RangeToTouch(begin, end);
        if (!first.Span.SequenceEqual(last.Span))
        {
            Write(() => Native.ClearRange(first.Span, last.Span));
        }
    }

    public void AtomicAdd(ReadOnlyMemory<byte> key, long delta)
    {
        var prefixed = KeyToWrite(key);
        var operand = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(operand, delta);
        Write(() => Native.Atomic(prefixed.Span, operand, FdbMutationType.Add));
    }

    public void SetVersionstampedKey(ReadOnlyMemory<byte> key, int stampOffset, ReadOnlyMemory<byte> value)
    {
        EnsureOpen();
        var template = Template(key, stampOffset);
        KvLimits.CheckKey(template);
        KvLimits.CheckValue(value.Span);
        var prefixed = WithOffset(Prefix.Add(template), Prefix.Length + stampOffset);
        Write(() => Native.Atomic(prefixed.Span, value.Span, FdbMutationType.VersionStampedKey));
    }

    public void SetVersionstampedValue(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, int stampOffset)
    {
        KvLimits.CheckValue(value.Span);
        var prefixed = KeyToWrite(key);
        var operand = WithOffset(Template(value, stampOffset), stampOffset);
        Write(() => Native.Atomic(prefixed.Span, operand.Span, FdbMutationType.VersionStampedValue));
    }

    public void AddReadConflictKey(ReadOnlyMemory<byte> key)
    {
        EnsureOpen();
        KvLimits.CheckKey(key.Span);
        var prefixed = Prefix.Add(key).ToArray();
        // The end of a range must not be longer than a key may be. No key is longer than the longest, so none lies between the two.
        var end = prefixed.Length < KvLimits.KeyBytes ? KeyRange.After(prefixed) : KeyRange.Prefix(prefixed).End;
        Touch(() => Native.AddConflictRange(prefixed, end, FdbConflictRangeType.Read));
    }

    public void AddReadConflictRange(ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end)
    {
        var (first, last) = RangeToTouch(begin, end);
        if (!first.Span.SequenceEqual(last.Span))
        {
            Touch(() => Native.AddConflictRange(first.Span, last.Span, FdbConflictRangeType.Read));
        }
    }

    public async ValueTask<KvCommit> CommitAsync(CancellationToken cancellationToken = default)
    {
        EnsureOpen();
        cancellationToken.ThrowIfCancellationRequested();
        _committed = true;
        if (!_hasWrites)
        {
            // What it read was consistent; there is nothing to order after anybody else's writes.
            return new KvCommit(KvError.None);
        }

        try
        {
            // Not cancelled from here on: a commit under way is better waited for, at most as long as a transaction lives, than left
            // in doubt.
            var stamp = Native.GetVersionStampAsync();
            await Native.CommitAsync().ConfigureAwait(false);
            return await StampedAsync(stamp).ConfigureAwait(false);
        }
        catch (FdbException e)
        {
            var failure = FoundationDbErrors.OfCommit(e);
            return failure.Error == KvError.Conflict
                ? failure with { ConflictKey = await ChangedKeyAsync(cancellationToken).ConfigureAwait(false) }
                : failure;
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            return KvCommit.Failed(KvError.CommitUnknown, "the store was closed during the commit");
        }
    }

    /// <summary>
    /// A key that somebody has changed since it was read here. The cluster knows where rivals have met, but .NET's client gives no access to
    /// that once a commit has failed.
    /// </summary>
    private async ValueTask<byte[]?> ChangedKeyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var reader = store.BeginRead();
            foreach (var (key, value) in _read)
            {
                var now = await reader.GetAsync(key, snapshot: true, cancellationToken).ConfigureAwait(false);
                if (now is null != value is null || !now.AsSpan().SequenceEqual(value))
                {
                    return key;
                }
            }
        }
        catch (KvException)
        {
            // Not to know the key costs a pause; the next attempt will tell whether the cluster is there.
        }

        return null;
    }

    /// <summary>The outcome of a commit that succeeded; without its versionstamp the caller has to find out like one in doubt.</summary>
    private static async Task<KvCommit> StampedAsync(Task<VersionStamp> stamp)
    {
        try
        {
            var known = await stamp.ConfigureAwait(false);
            return new KvCommit(KvError.None, new Versionstamp((long)known.TransactionVersion, known.TransactionOrder));
        }
        catch (FdbException e)
        {
            return KvCommit.Failed(KvError.CommitUnknown, $"committed, but the versionstamp was lost: {e.Message}");
        }
    }

    protected override void EnsureOpen()
    {
        base.EnsureOpen();
        if (_committed)
        {
            throw new KvException(KvError.InvalidOperation, "used after commit");
        }
    }

    private ReadOnlyMemory<byte> KeyToWrite(ReadOnlyMemory<byte> key)
    {
        EnsureOpen();
        KvLimits.CheckKey(key.Span);
        _written.Add(key.ToArray());
        return Prefix.Add(key);
    }

    private (ReadOnlyMemory<byte> Begin, ReadOnlyMemory<byte> End) RangeToTouch(ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end)
    {
        EnsureOpen();
        KvLimits.CheckRange(begin.Span, end.Span);
        return (Prefix.Add(begin), Prefix.Add(end));
    }

    private void Write(Action write)
    {
        Touch(write);
        _hasWrites = true;
    }

    private static void Touch(Action call)
    {
        try
        {
            call();
        }
        catch (FdbException e)
        {
            throw FoundationDbErrors.OfRead(e);
        }
    }

    /// <summary>A copy with zeros where the versionstamp goes: callers may have anything there, such as 0xFF.</summary>
    private static byte[] Template(ReadOnlyMemory<byte> bytes, int stampOffset)
    {
        if (stampOffset < 0 || stampOffset > bytes.Length - Versionstamp.Length)
        {
            throw new KvException(
                KvError.InvalidOperation,
                $"no room for a versionstamp of {Versionstamp.Length} bytes at offset {stampOffset} of {bytes.Length}");
        }

        var template = bytes.ToArray();
        template.AsSpan(stampOffset, Versionstamp.Length).Clear();
        return template;
    }

    /// <summary>What FoundationDB takes: the bytes, then where in them the versionstamp goes, as a little-endian integer.</summary>
    private static ReadOnlyMemory<byte> WithOffset(ReadOnlyMemory<byte> bytes, int stampOffset)
    {
        var operand = new byte[bytes.Length + sizeof(int)];
        bytes.CopyTo(operand);
        BinaryPrimitives.WriteInt32LittleEndian(operand.AsSpan(bytes.Length), stampOffset);
        return operand;
    }
}
