using System.Collections.Immutable;

namespace MetaService.Server.Limits;

/// <summary>A limit that was set.</summary>
/// <param name="Name">The endpoint or RPC; null for all of them.</param>
/// <param name="InstanceId">The instance; null for each of them.</param>
/// <param name="Qps">Calls per second.</param>
public readonly record struct RateLimit(string? Name, string? InstanceId, long Qps);

/// <summary>
/// Which limits hold. For one endpoint or RPC on one instance: the limit of both, else that of the endpoint or RPC, else the
/// default. Beside it the limit of the instance holds for all its calls together.
/// </summary>
internal sealed record RateTable(
    long Default,
    ImmutableDictionary<string, long> ByName,
    ImmutableDictionary<string, long> ByInstance,
    ImmutableDictionary<(string Name, string InstanceId), long> ByBoth)
{
    /// <summary>How many limits were set beside the default.</summary>
    public int Count => ByName.Count + ByInstance.Count + ByBoth.Count;

    /// <summary>The limit of an endpoint or RPC on an instance.</summary>
    public long Of(string name, string instanceId) =>
        !ByBoth.IsEmpty && ByBoth.TryGetValue((name, instanceId), out var qps) ? qps
        : !ByName.IsEmpty && ByName.TryGetValue(name, out qps) ? qps
        : Default;

    /// <summary>The limit of all calls on an instance; null when it has none.</summary>
    public long? OfInstance(string instanceId) =>
        !ByInstance.IsEmpty && ByInstance.TryGetValue(instanceId, out var qps) ? qps : null;

    /// <summary>The table with another limit.</summary>
    public RateTable With(RateLimit limit) => limit switch
    {
        { Name: { } name, InstanceId: { } instanceId } => this with { ByBoth = ByBoth.SetItem((name, instanceId), limit.Qps) },
        { Name: { } name } => this with { ByName = ByName.SetItem(name, limit.Qps) },
        { InstanceId: { } instanceId } => this with { ByInstance = ByInstance.SetItem(instanceId, limit.Qps) },
        _ => this with { Default = limit.Qps },
    };

    /// <summary>All limits beside the default, in order.</summary>
    public IEnumerable<RateLimit> All() =>
    [
        .. ByName.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => new RateLimit(l.Key, null, l.Value)),
        .. ByInstance.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => new RateLimit(null, l.Key, l.Value)),
        .. ByBoth.OrderBy(l => l.Key.InstanceId, StringComparer.Ordinal).ThenBy(l => l.Key.Name, StringComparer.Ordinal)
            .Select(l => new RateLimit(l.Key.Name, l.Key.InstanceId, l.Value)),
    ];
}
