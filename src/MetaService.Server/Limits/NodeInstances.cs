using System.Collections.Concurrent;
using MetaService.Domain.Instances;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Storage;

namespace MetaService.Server.Limits;

/// <summary>
/// Which instance a registered node belongs to, for counting its calls: remembered for a minute, which is too long for anything
/// else.
/// </summary>
public sealed class NodeInstances(TransactionRunner runner, TimeProvider time)
{
    private const int MaxRemembered = 10_000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, (string? InstanceId, long At)> _remembered = new(StringComparer.Ordinal);

    /// <summary>The instance; null when no such node is registered.</summary>
    /// <exception cref="KvException">The store cannot be read.</exception>
    public ValueTask<string?> FindAsync(string cloudUniqueId, CancellationToken cancellationToken)
    {
        if (InstanceResolver.DirectInstance(cloudUniqueId) is { } direct)
        {
            return ValueTask.FromResult<string?>(direct);
        }

        return _remembered.TryGetValue(cloudUniqueId, out var known) && time.GetElapsedTime(known.At) < Lifetime
            ? ValueTask.FromResult(known.InstanceId)
            : new ValueTask<string?>(LookUpAsync(cloudUniqueId, cancellationToken));
    }

    private async Task<string?> LookUpAsync(string cloudUniqueId, CancellationToken cancellationToken)
    {
        var key = Key.NodeOwner(cloudUniqueId);
        var owner = await runner
            .ReadAsync((reader, token) => reader.GetAsync(key, cancellationToken: token), cancellationToken)
            .ConfigureAwait(false);
        if (_remembered.Count >= MaxRemembered)
        {
            _remembered.Clear(); // Rare, and costs one read per node.
        }

        _remembered[cloudUniqueId] = (owner?.InstanceId, time.GetTimestamp());
        return owner?.InstanceId;
    }
}
