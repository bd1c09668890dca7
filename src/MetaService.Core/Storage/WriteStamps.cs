namespace MetaService.Storage;

/// <summary>
/// Tells of keys, without reading them, whether they were written since a version, so that what was made from them can be used again.
/// It may say yes of a key that was not, since keys share places, but never no of one that was. Asking takes no lock.
/// </summary>
/// <remarks>
/// A store notes the keys of a commit when it is decided and before anybody can see it. Whoever is told that nothing was written
/// therefore gives an answer that was right when it was asked for.
/// </remarks>
public sealed class WriteStamps
{
    /// <summary>Two megabytes of places: at ten thousand writes a second a place is met by chance every half minute.</summary>
    private const int Places = 1 << 18;

    private readonly long[] _versions = new long[Places];
    private long _allSince = long.MinValue;

    /// <summary>The place of a key; keep it instead of the key.</summary>
    public static int PlaceOf(ReadOnlySpan<byte> key)
    {
        var hash = default(HashCode);
        hash.AddBytes(key);
        return hash.ToHashCode() & (Places - 1);
    }

    /// <summary>Whether none of the keys in these places was written after a version.</summary>
    public bool AreUnwrittenSince(long version, ReadOnlySpan<int> places)
    {
        if (Volatile.Read(ref _allSince) > version)
        {
            return false;
        }

        foreach (var place in places)
        {
            if (Volatile.Read(ref _versions[place]) > version)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Notes that a key is written by the commit of a version. One caller at a time, in rising order.</summary>
    public void Note(ReadOnlySpan<byte> key, long version) => Volatile.Write(ref _versions[PlaceOf(key)], version);

    /// <summary>Notes that any key may be written by the commit of a version.</summary>
    public void NoteAll(long version) => Volatile.Write(ref _allSince, version);

    /// <summary>The store is closed: nothing may be taken for unwritten any more.</summary>
    public void Close() => NoteAll(long.MaxValue);
}
