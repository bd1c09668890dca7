using MetaService.Keys;

namespace MetaService.Maintenance.Verification;

/// <summary>How many keys of a type there are.</summary>
/// <param name="Keys">All of them.</param>
/// <param name="Records">Values under them: one that is split lies under several keys.</param>
public readonly record struct KeyCount(long Keys, long Records);

/// <summary>What a verification went through.</summary>
public sealed class VerificationSummary
{
    private readonly Dictionary<KeyDefinition, KeyCount> _types = [];

    /// <summary>Keys of the store.</summary>
    public long Keys { get; private set; }

    /// <summary>Values that were read and compared.</summary>
    public long Records { get; private set; }

    /// <summary>Defects that were found.</summary>
    public long Defects { get; internal set; }

    /// <summary>The types of keys that there are, in the order of their declaration.</summary>
    public IEnumerable<(KeyDefinition Definition, KeyCount Count)> Types =>
        KeySpace.All.Where(_types.ContainsKey).Select(d => (d, _types[d]));

    /// <summary>Counts a value.</summary>
    /// <param name="definition">The type of its keys; null when that is not known.</param>
    /// <param name="keys">How many keys it lies under.</param>
    internal void Add(KeyDefinition? definition, long keys)
    {
        Keys += keys;
        if (definition is not null)
        {
            Records++;
            var count = _types.GetValueOrDefault(definition);
            _types[definition] = new KeyCount(count.Keys + keys, count.Records + 1);
        }
    }
}
