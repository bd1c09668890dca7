namespace MetaService.Server.Limits;

/// <summary>
/// Lets a number of calls work at a time and a number of others wait for their turn, in the order in which they came. Entering while there
/// is room takes no memory and never waits.
/// </summary>
/// <param name="slots">Most calls that work at a time.</param>
/// <param name="queue">Most calls that wait.</param>
/// <param name="patience">Longest wait.</param>
public sealed class Admission(int slots, int queue, TimeSpan patience) : IDisposable
{
    private readonly SemaphoreSlim _slots = new(slots, slots);
    private int _waiting;

    /// <summary>Calls that work now.</summary>
    public int Working => slots - _slots.CurrentCount;

    /// <summary>Calls that wait now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Whether a call that came now would be refused: known before anything is read of it.</summary>
    public bool IsFull => Volatile.Read(ref _waiting) >= queue && _slots.CurrentCount == 0;

    /// <summary>Enters, at once or after a wait; false when there are too many waiting or the wait took too long.</summary>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public ValueTask<bool> EnterAsync(CancellationToken cancellationToken)
    {
        if (_slots.Wait(0, CancellationToken.None))
        {
            return ValueTask.FromResult(true);
        }

        if (Interlocked.Increment(ref _waiting) > queue)
        {
            Interlocked.Decrement(ref _waiting);
            return ValueTask.FromResult(false);
        }

        return new ValueTask<bool>(WaitAsync(cancellationToken));
    }

    /// <summary>Makes room for the next one; once for each time that entering succeeded.</summary>
    public void Leave() => _slots.Release();

    public void Dispose() => _slots.Dispose();

    private async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _slots.WaitAsync(patience, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
