namespace MetaService.Storage.Embedded;

/// <summary>What a transaction is going to do to one key.</summary>
public enum PendingKind
{
    /// <summary>Nothing is pending: the store decides.</summary>
    None,
    Set,
    Clear,

    /// <summary>Add to whatever is there at commit.</summary>
    Add,

    /// <summary>Set a value that gets its versionstamp at commit.</summary>
    SetStamped,
}

/// <summary>The pending write of one key. The arrays are never changed.</summary>
public readonly record struct PendingWrite(
    byte[] Key, PendingKind Kind, byte[]? Value = null, long Delta = 0, int StampOffset = 0)
{
    /// <summary>Bytes that the write takes in the accounting of a transaction.</summary>
    public int Size => Key.Length + (Kind == PendingKind.Add ? CounterValue.Length : Value?.Length ?? 0);

    /// <summary>The value that a reader of the key sees, given what the store has.</summary>
    /// <exception cref="KvException">The value is not known before commit.</exception>
    public byte[]? Over(byte[]? stored) => Kind switch
    {
        PendingKind.None => stored,
        PendingKind.Set => (byte[])Value!.Clone(),
        PendingKind.Clear => null,
        PendingKind.Add => CounterValue.Add(stored, Delta),
        _ => throw new KvException(KvError.InvalidOperation, "a value with a versionstamp cannot be read before commit"),
    };
}

/// <summary>Orders pending writes by key.</summary>
internal sealed class PendingWriteComparer : IComparer<PendingWrite>
{
    public static readonly PendingWriteComparer Instance = new();

    public int Compare(PendingWrite x, PendingWrite y) => x.Key.AsSpan().SequenceCompareTo(y.Key);
}

/// <summary>A pending write of a key that gets its versionstamp at commit.</summary>
/// <param name="FirstLaterClear">The first of the buffer's later range clears that came after this write.</param>
internal readonly record struct StampedKeyWrite(byte[] Template, int StampOffset, byte[] Value, int FirstLaterClear);
