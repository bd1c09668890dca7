using System.Collections.Immutable;

namespace MetaService.ReliabilityTests.Linearizability;

/// <summary>A COMPUTE cluster as the model knows it. Nodes are told apart by their cloud_unique_id alone.</summary>
internal sealed record Cluster(string Id, string Name, string Status, ImmutableList<string> Nodes)
{
    public override string ToString() => $"{Id}/{Name}/{Status}[{string.Join(' ', Nodes)}]";
}

/// <summary>An instance as the model knows it.</summary>
internal sealed record Instance(string Name, bool IsDropped, ImmutableList<Cluster> Clusters)
{
    public Cluster? Find(string clusterId) => Clusters.Find(c => c.Id == clusterId);

    public bool HasNode(string node) => Clusters.Exists(c => c.Nodes.Contains(node));

    public override string ToString() => $"{Name} {(IsDropped ? "DELETED" : "NORMAL")} {string.Join(' ', Clusters)}";
}

/// <summary>Instances that share node ids, by instance id; immutable. Other instances cannot tell what happens to them.</summary>
internal sealed class World : IEquatable<World>
{
    private readonly ImmutableSortedDictionary<string, Instance> _instances;
    private readonly Lazy<string> _text;

    private World(ImmutableSortedDictionary<string, Instance> instances)
    {
        _instances = instances;
        _text = new Lazy<string>(() => string.Join("; ", instances.Select(i => $"{i.Key}: {i.Value}")));
    }

    /// <summary>Without any instance.</summary>
    public static World Empty { get; } = new(ImmutableSortedDictionary.Create<string, Instance>(StringComparer.Ordinal));

    public Instance? Find(string instanceId) => _instances.GetValueOrDefault(instanceId);

    /// <summary>The instance that has a node, or null.</summary>
    public Instance? OwnerOf(string node) => _instances.Values.FirstOrDefault(i => i.HasNode(node));

    public World With(string instanceId, Instance instance) => new(_instances.SetItem(instanceId, instance));

    public bool Equals(World? other) => other is not null && _text.Value == other._text.Value;

    public override bool Equals(object? obj) => Equals(obj as World);

    public override int GetHashCode() => _text.Value.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => _text.Value;
}
