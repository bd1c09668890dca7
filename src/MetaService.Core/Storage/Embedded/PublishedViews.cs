namespace MetaService.Storage.Embedded;

/// <summary>
/// The newest view of a store and the older ones still in use. Acquiring the newest takes no lock; publishing and the end of a
/// view do, once per version.
/// </summary>
public sealed class PublishedViews
{
    private readonly Lock _lock = new();
    private readonly LinkedList<KvView> _live = new();
    private volatile KvView? _newest;
    private volatile string? _closed;

    public PublishedViews(KvView first) => Publish(first);

    /// <summary>The newest view, without a reference: for the committer, the only one to replace it.</summary>
    /// <exception cref="KvException">The store is closed.</exception>
    public KvView Newest => _newest ?? throw Closed();

    /// <summary>No reader is at a version below this one.</summary>
    public long OldestVersion
    {
        get
        {
            lock (_lock)
            {
                // Versions are published in rising order.
                return _live.First?.Value.Version ?? long.MaxValue;
            }
        }
    }

    /// <summary>The newest view with a reference for the caller.</summary>
    /// <exception cref="KvException">The store is closed.</exception>
    public KvView Acquire()
    {
        while (true)
        {
            var view = _newest ?? throw Closed();
            if (view.TryAcquire())
            {
                return view;
            }

            // It was replaced and let go of in between; there is a newer one.
        }
    }

    /// <summary>Makes a view the newest one; the list takes over the reference that it was made with.</summary>
    public void Publish(KvView view)
    {
        KvView? previous;
        lock (_lock)
        {
            view.Owner = this;
            view.Node = _live.AddLast(view);
            previous = _newest;
            _newest = view;
        }

        previous?.Release();
    }

    /// <summary>Refuses new readers and lets the old ones fail, with the first reason given.</summary>
    public void Close(string reason)
    {
        KvView? last;
        lock (_lock)
        {
            _closed ??= reason;
            last = _newest;
            _newest = null;
        }

        last?.Release();
    }

    /// <exception cref="KvException">The store is closed, so that no view may be read any more.</exception>
    public void ThrowIfClosed()
    {
        if (_closed is not null)
        {
            throw Closed();
        }
    }

    /// <summary>Frees all views, whoever still refers to them. After <see cref="Close"/>, when no read is going on.</summary>
    public void FreeAll()
    {
        lock (_lock)
        {
            foreach (var view in _live)
            {
                view.Free();
                view.Node = null;
            }

            _live.Clear();
        }
    }

    internal void Remove(KvView view)
    {
        lock (_lock)
        {
            if (view.Node is { } node)
            {
                _live.Remove(node);
                view.Node = null;
            }
        }
    }

    private KvException Closed() => new(KvError.Unavailable, _closed ?? "the store is closed") { IsFinal = true };
}
