using System.Buffers;

namespace MetaService.Server.Http;

/// <summary>
/// Collects the bytes of a reply in rented memory: replies are the largest thing that a request allocates. They may hold an ak or a sk, so
/// that the memory is cleared before others get it.
/// </summary>
internal sealed class PooledBuffer(int capacity) : IBufferWriter<byte>, IDisposable
{
    private byte[] _rented = ArrayPool<byte>.Shared.Rent(capacity);
    private int _written;

    /// <summary>What has been written; valid until more is written or this is disposed.</summary>
    public ReadOnlyMemory<byte> Written => _rented.AsMemory(0, _written);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _rented.Length - _written);
        _written += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _rented.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Dispose()
    {
        Free(_rented);
        _rented = [];
        _written = 0;
    }

    private void Reserve(int size)
    {
        if (_rented.Length - _written >= size)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_written + size, 2 * _rented.Length));
        Written.Span.CopyTo(larger);
        Free(_rented);
        _rented = larger;
    }

    private void Free(byte[] rented)
    {
        rented.AsSpan(0, _written).Clear();
        ArrayPool<byte>.Shared.Return(rented);
    }
}
