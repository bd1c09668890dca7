using System.Collections.Frozen;
using System.Runtime.InteropServices;

namespace MetaService.Json;

/// <summary>A fixed set of UTF-8 names, found without making a string of the bytes at hand.</summary>
internal sealed class NameTable<TValue>
{
    private readonly FrozenDictionary<byte[], TValue>.AlternateLookup<ReadOnlySpan<byte>> _byName;

    public NameTable(IEnumerable<KeyValuePair<byte[], TValue>> names) =>
        _byName = names.ToFrozenDictionary(NameComparer.Instance).GetAlternateLookup<ReadOnlySpan<byte>>();

    public bool TryFind(ReadOnlySpan<byte> name, out TValue value) => _byName.TryGetValue(name, out value!);
}

/// <summary>
/// Compares names by their bytes. The hash is a cheap one: names are chosen by the records, never by a client, so nobody can make
/// them collide.
/// </summary>
internal sealed class NameComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public static readonly NameComparer Instance = new();

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = (uint)alternate.Length;
        while (alternate.Length >= sizeof(uint))
        {
            hash = (hash ^ MemoryMarshal.Read<uint>(alternate)) * 0x9E3779B1;
            hash ^= hash >> 15;
            alternate = alternate[sizeof(uint)..];
        }

        foreach (var letter in alternate)
        {
            hash = (hash ^ letter) * 0x01000193;
        }

        return (int)(hash ^ (hash >> 16));
    }

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}
