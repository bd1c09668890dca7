namespace MetaService.Storage.RocksDb;

/// <summary>
/// Counts the calls that are inside native code, so that the database is closed only when there are none: a call on a closed
/// database would take the whole process down.
/// </summary>
internal sealed class NativeGate
{
    private const long ClosedBit = long.MinValue;

    /// <summary>The number of calls inside, and the sign when closed.</summary>
    private long _state;

    /// <summary>False when closed; else the caller has to <see cref="Exit"/>.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _state) > 0)
        {
            return true;
        }

        Exit();
        return false;
    }

    /// <exception cref="KvException">The store is closed.</exception>
    public void Enter()
    {
        if (!TryEnter())
        {
            throw new KvException(KvError.Unavailable, "the store is closed") { IsFinal = true };
        }
    }

    public void Exit() => Interlocked.Decrement(ref _state);

    /// <summary>Lets nobody in any more and waits until all are out. To be called once.</summary>
    public async Task CloseAsync()
    {
        Interlocked.Add(ref _state, ClosedBit);
        while (Interlocked.Read(ref _state) != ClosedBit)
        {
            await Task.Delay(1).ConfigureAwait(false);
        }
    }
}
