using MetaService.Keys;
using MetaService.Storage;

namespace MetaService.Domain.Housekeeping;

/// <summary>
/// Finds the instances that have keys of a type, in the order of their ids. It jumps from one to the next, so that the many instances
/// without such keys cost nothing and those with many of them a read or two.
/// </summary>
/// <param name="runner">Reads.</param>
/// <param name="keys">The type of key.</param>
/// <param name="matters">
/// Whether an instance is to be found, judged by the first of its keys and what is stored there; null for each that has one.
/// </param>
public sealed class InstanceWalk(TransactionRunner runner, InstanceJump keys, Func<KvPair, bool>? matters = null)
{
    // A page is read at one version, which must not grow old over it.
    private const int ReadsPerPage = 100;

    /// <summary>Some of the instances.</summary>
    /// <param name="InstanceIds">Their ids; there may be none on a page that is not the last.</param>
    /// <param name="Next">Where the next page begins; null after the last.</param>
    public sealed record Page(IReadOnlyList<string> InstanceIds, byte[]? Next);

    /// <summary>The next instances.</summary>
    /// <param name="from">From the page before; null to begin.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="KvException">The store cannot be read.</exception>
    public Task<Page> NextAsync(byte[]? from, CancellationToken cancellationToken) =>
        runner.ReadAsync((reader, token) => ReadAsync(reader, from, token), cancellationToken);

    private async ValueTask<Page> ReadAsync(IKvReader reader, byte[]? from, CancellationToken token)
    {
        var found = new List<string>();
        var at = from ?? keys.Range.Begin;
        for (var reads = 0; reads < ReadsPerPage; reads++)
        {
            var read = await reader.GetRangeAsync(at, keys.Range.End, new KvRangeOptions(1), token).ConfigureAwait(false);
            if (read.Pairs.Count == 0)
            {
                return new Page(found, null);
            }

            at = keys.Next(read.Pairs[0].Key, out var instanceId);
            if (instanceId is not null && matters?.Invoke(read.Pairs[0]) != false)
            {
                found.Add(instanceId);
            }
        }

        return new Page(found, at);
    }
}
