using MetaService.Keys;

namespace MetaService.Maintenance.Verification;

/// <summary>What came of a part of the store, all read at one version.</summary>
internal sealed class VerifiedPage
{
    private readonly List<Defect> _defects = [];
    private readonly List<(KeyDefinition? Definition, int Keys)> _values = [];

    public IReadOnlyList<Defect> Defects => _defects;

    /// <summary>The values in it: the type of their keys, null when it is not known, and how many keys each lies under.</summary>
    public IReadOnlyList<(KeyDefinition? Definition, int Keys)> Values => _values;

    /// <summary>Where the next part begins; null when this was the last.</summary>
    public byte[]? Next { get; set; }

    public void Add(KeyDefinition? definition, int keys, IEnumerable<Defect> defects)
    {
        _values.Add((definition, keys));
        _defects.AddRange(defects);
    }
}
