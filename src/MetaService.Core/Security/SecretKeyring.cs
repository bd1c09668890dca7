namespace MetaService.Security;

/// <summary>
/// The keys that a server has, by id. Secrets are opened with any of them and sealed with the current one. Immutable.
/// </summary>
public sealed class SecretKeyring
{
    private readonly SortedDictionary<long, SecretKey> _keys;

    /// <param name="keys">Each with an id of its own.</param>
    /// <param name="currentId">The id of the one to seal with.</param>
    public SecretKeyring(IEnumerable<SecretKey> keys, long currentId)
        : this(new SortedDictionary<long, SecretKey>(keys.ToDictionary(key => key.Id)), currentId)
    {
    }

    private SecretKeyring(SortedDictionary<long, SecretKey> keys, long? currentId)
    {
        _keys = keys;
        Current = currentId is { } id ? keys[id] : null;
    }

    /// <summary>No keys, for a server that seals with those of upstream.</summary>
    public static SecretKeyring Empty { get; } = new(new SortedDictionary<long, SecretKey>(), null);

    /// <summary>The key to seal with; null only when there is no key at all.</summary>
    public SecretKey? Current { get; }

    /// <summary>The ids, ascending.</summary>
    public IReadOnlyCollection<long> Ids => _keys.Keys;

    /// <summary>The key with an id, or null.</summary>
    public SecretKey? Find(long id) => _keys.GetValueOrDefault(id);

    /// <summary>Whether another ring has the same keys and the same current one.</summary>
    public bool IsSame(SecretKeyring other) =>
        Current?.Id == other.Current?.Id
        && Ids.SequenceEqual(other.Ids)
        && _keys.Values.All(key => other.Find(key.Id)!.HasSameMaterial(key));

    /// <summary>The ids and which one is current; never the keys.</summary>
    public override string ToString() => Current is null ? "no keys" : $"keys {string.Join(", ", Ids)}; current {Current.Id}";
}
