namespace MetaService.Storage.Embedded;

/// <summary>
/// The store as it was after one version, shared by all who read at that version. Reads are thread-safe. It lives until its
/// last user has released it: the store holds one reference while the view is the newest, each reader one of its own.
/// </summary>
public abstract class KvView(long version)
{
    private int _references = 1;

    /// <summary>The version of the last commit that the view contains.</summary>
    public long Version { get; } = version;

    /// <summary>Where the view was published; it is told of the last release.</summary>
    internal PublishedViews? Owner { get; set; }

    /// <summary>This view's place in the list of its owner.</summary>
    internal LinkedListNode<KvView>? Node { get; set; }

    /// <summary>A copy of the value, or null.</summary>
    /// <exception cref="KvException">The store is closed or the read failed: <see cref="KvError.Unavailable"/>.</exception>
    public abstract byte[]? Get(ReadOnlySpan<byte> key);

    /// <summary>The pairs with begin &lt;= key &lt; end in key order, or in reverse from the end. Dispose the cursor.</summary>
    /// <exception cref="KvException">The store is closed or the read failed: <see cref="KvError.Unavailable"/>.</exception>
    public abstract IKvCursor Scan(byte[] begin, byte[] end, bool reverse);

    /// <summary>Takes a reference unless the view is already gone.</summary>
    public bool TryAcquire()
    {
        var seen = Volatile.Read(ref _references);
        while (seen > 0)
        {
            var current = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (current == seen)
            {
                return true;
            }

            seen = current;
        }

        return false;
    }

    /// <summary>Gives back one reference; the last one frees what the view holds.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0 && TryFree())
        {
            Owner?.Remove(this);
        }
    }

    /// <summary>
    /// Frees what the view holds. False when that has to be left to the store, which is closing: it calls <see cref="Free"/> on
    /// every view that its list still shows.
    /// </summary>
    protected virtual bool TryFree() => true;

    /// <summary>Frees what the view holds if that has not been done. Nothing else uses the view at that time.</summary>
    protected internal virtual void Free()
    {
    }
}

/// <summary>A position in the pairs of a view. Key and value are valid until the next move.</summary>
public interface IKvCursor : IDisposable
{
    ReadOnlySpan<byte> Key { get; }

    ReadOnlySpan<byte> Value { get; }

    /// <summary>Goes to the next pair (the first one at the first call); false at the end.</summary>
    bool MoveNext();
}
