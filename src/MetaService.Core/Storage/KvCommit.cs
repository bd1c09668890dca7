using System.Buffers.Binary;

namespace MetaService.Storage;

/// <summary>The outcome of a commit.</summary>
/// <param name="Error"><see cref="KvError.None"/> when committed.</param>
/// <param name="Versionstamp">Set when committed with at least one write.</param>
/// <param name="Detail">What the store said about a failure; no keys or values.</param>
/// <param name="ConflictKey">In a conflict, a key where the rivals met, if the store can tell.</param>
public readonly record struct KvCommit(
    KvError Error, Versionstamp? Versionstamp = null, string? Detail = null, byte[]? ConflictKey = null)
{
    /// <summary>Whether the transaction is committed and durable.</summary>
    public bool IsCommitted => Error == KvError.None;

    /// <exception cref="KvException">The commit failed.</exception>
    public void ThrowIfFailed()
    {
        if (!IsCommitted)
        {
            throw new KvException(Error, Detail ?? "the commit failed");
        }
    }

    /// <summary>A failed commit.</summary>
    public static KvCommit Failed(KvError error, string detail, byte[]? conflictKey = null) => new(error, null, detail, conflictKey);
}

/// <summary>
/// The place of a committed transaction in the order of all commits: the version of its batch and its order in the batch.
/// Ten bytes on the wire: 8-byte big-endian version, 2-byte big-endian order.
/// </summary>
public readonly record struct Versionstamp(long Version, ushort Order) : IComparable<Versionstamp>
{
    /// <summary>Encoded length in bytes.</summary>
    public const int Length = 10;

    /// <summary>Writes the ten bytes.</summary>
    public void WriteTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt64BigEndian(destination, Version);
        BinaryPrimitives.WriteUInt16BigEndian(destination[8..], Order);
    }

    /// <summary>Reads ten bytes.</summary>
    public static Versionstamp Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadInt64BigEndian(source), BinaryPrimitives.ReadUInt16BigEndian(source[8..]));

    /// <inheritdoc/>
    public int CompareTo(Versionstamp other) =>
        Version != other.Version ? Version.CompareTo(other.Version) : Order.CompareTo(other.Order);

    public static bool operator <(Versionstamp left, Versionstamp right) => left.CompareTo(right) < 0;

    public static bool operator >(Versionstamp left, Versionstamp right) => left.CompareTo(right) > 0;

    public static bool operator <=(Versionstamp left, Versionstamp right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Versionstamp left, Versionstamp right) => left.CompareTo(right) >= 0;
}
