namespace MetaService.Storage;

/// <summary>
/// Where transactions wait for their turn after they conflicted on a key. Keys share a limited number of places, which costs a needless
/// wait now and then, and never more memory.
/// </summary>
internal sealed class ConflictTurns
{
    private const int Places = 256;

    private readonly SemaphoreSlim[] _places = [.. Enumerable.Range(0, Places).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>The place of a key.</summary>
    public SemaphoreSlim PlaceOf(byte[] key)
    {
        var hash = new HashCode();
        hash.AddBytes(key);
        return _places[(uint)hash.ToHashCode() % Places];
    }
}

/// <summary>The turn of one transaction; at most one at a time, so that two can never wait for each other.</summary>
internal sealed class ConflictTurn(ConflictTurns turns) : IDisposable
{
    private SemaphoreSlim? _held;

    /// <summary>
    /// Waits for the turn at a key and keeps it until disposal or until another key is asked for. False when it had that turn already, and
    /// so conflicted with somebody who does not wait here, or when the time is up.
    /// </summary>
    public async ValueTask<bool> TryTakeAsync(byte[] key, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var place = turns.PlaceOf(key);
        if (place == _held)
        {
            return false;
        }

        Dispose();
        _held = await place.WaitAsync(timeout, cancellationToken).ConfigureAwait(false) ? place : null;
        return _held is not null;
    }

    /// <summary>Waits for the turn at a key if somebody has it now; otherwise, or when the time is up, goes on without.</summary>
    public async ValueTask JoinAsync(byte[] key, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (turns.PlaceOf(key).CurrentCount == 0)
        {
            await TryTakeAsync(key, timeout, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _held?.Release();
        _held = null;
    }
}
