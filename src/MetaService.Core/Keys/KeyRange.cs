using Google.Protobuf;

namespace MetaService.Keys;

/// <summary>The keys with begin &lt;= key &lt; end.</summary>
public readonly record struct KeyRange(byte[] Begin, byte[] End)
{
    /// <summary>All keys that begin with a prefix, the prefix itself included.</summary>
    /// <exception cref="ArgumentException">The prefix is empty or all 0xFF: no key is above all of its keys.</exception>
    public static KeyRange Prefix(byte[] prefix)
    {
        var last = prefix.AsSpan().LastIndexOfAnyExcept((byte)0xFF);
        if (last < 0)
        {
            throw new ArgumentException("the prefix has no upper bound", nameof(prefix));
        }

        var end = prefix[..(last + 1)];
        end[last]++;
        return new KeyRange(prefix, end);
    }

    /// <summary>From the first key to the last, both included.</summary>
    public static KeyRange Through(byte[] first, byte[] last) => new(first, After(last));

    /// <summary>The least key above a key.</summary>
    public static byte[] After(byte[] key) => [.. key, 0];
}

/// <summary>A range of keys of one type, whose values are records of type <typeparamref name="T"/>.</summary>
/// <param name="Definition">The type of the keys.</param>
/// <param name="Keys">The range.</param>
public readonly record struct RecordRange<T>(KeyDefinition Definition, KeyRange Keys)
    where T : class, IMessage<T>, new()
{
    /// <summary>The part of the range above a key: where the next page starts.</summary>
    public RecordRange<T> After(RecordKey<T> key) => After(key.Bytes);

    /// <summary>The part of the range above a key.</summary>
    public RecordRange<T> After(SecretRecordKey<T> key) => After(key.Bytes);

    private RecordRange<T> After(byte[] key) => this with { Keys = Keys with { Begin = KeyRange.After(key) } };
}
