using System.Collections.Concurrent;
using System.Security.Cryptography;
using MetaService.Keys;

namespace MetaService.Storage;

/// <summary>The value of a marker key: the id of the last attempt, 16 bytes, and its versionstamp, 10 bytes.</summary>
internal static class CommitMarker
{
    public const int IdLength = 16;

    public const int Length = IdLength + Versionstamp.Length;

    /// <summary>Adds the marker to a transaction, which from then on conflicts with any later writer of the marker key.</summary>
    public static void Write(IKvTransaction transaction, byte[] key, byte[] attemptId)
    {
        transaction.AddReadConflictKey(key);
        var value = new byte[Length];
        attemptId.CopyTo(value, 0);
        transaction.SetVersionstampedValue(key, value, IdLength);
    }

    /// <summary>The versionstamp of the attempt when the marker is its own, else null.</summary>
    public static Versionstamp? StampOf(byte[]? marker, byte[] attemptId) =>
        marker is not null && marker.AsSpan().StartsWith(attemptId) ? StampOf(marker) : null;

    /// <summary>The versionstamp of the last attempt that was committed with the marker; null when it is no marker.</summary>
    public static Versionstamp? StampOf(byte[] marker) =>
        marker.Length == Length ? Versionstamp.Read(marker.AsSpan(IdLength)) : null;
}

/// <summary>
/// Marker keys of one runner, one per concurrent commit and used over and over, so that their number is bounded by the
/// concurrency and nothing has to be cleaned up behind a commit.
/// </summary>
internal sealed class CommitMarkerSlots
{
    private readonly byte[] _runnerId = RandomNumberGenerator.GetBytes(16);
    private readonly ConcurrentBag<byte[]> _free = [];
    private int _count;

    public Slot Rent() =>
        new(this, _free.TryTake(out var key) ? key : KeySpace.CommitMarker.Encode(_runnerId, Interlocked.Increment(ref _count)));

    public readonly struct Slot(CommitMarkerSlots owner, byte[] key) : IDisposable
    {
        public byte[] Key => key;

        public void Dispose() => owner._free.Add(key);
    }
}
