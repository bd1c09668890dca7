using MetaService.Keys;
using MetaService.Storage;

namespace MetaService.Domain.Housekeeping;

/// <summary>
/// Finds the instances that have keys of a type, in the order of their ids. It jumps from one to the next, so that the many instances
/// without such keys cost nothing and those with many of them a read or two.
/// </summary>
/// <param name="runner">Reads.</param>
/// <param name="definition">The type of key, whose fields are a constant, the id of the instance and others.</param>
/// <param name="matters">
/// Whether an instance is to be found, judged by the first of its keys and what is stored there; null for each that has one.
/// </param>
public sealed class InstanceWalk(TransactionRunner runner, KeyDefinition definition, Func<KvPair, bool>? matters = null)
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
        // The keys with the same constant: types with the same beginning lie between those of two instances.
        var family = definition.Range();
        var found = new List<string>();
        var at = from ?? family.Begin;
        for (var reads = 0; reads < ReadsPerPage; reads++)
        {
            var read = await reader.GetRangeAsync(at, family.End, new KvRangeOptions(1), token).ConfigureAwait(false);
            if (read.Pairs.Count == 0)
            {
                return new Page(found, null);
            }

            at = After(read.Pairs[0], found);
        }

        return new Page(found, at);
    }

    /// <summary>Where to go on after a pair; its instance is noted if the pair is what is looked for.</summary>
    private byte[] After(KvPair pair, List<string> found)
    {
        if (!KeyDecoder.TryDecode(pair.Key, out var fields, out _) || fields is not [_, { Value.Kind: KeyFieldKind.Text } id, var next, ..])
        {
            return KeyRange.After(pair.Key); // None of ours.
        }

        var instanceId = id.Value.ToText();
        var wanted = definition.Encode(instanceId);
        if (pair.Key.AsSpan().SequenceCompareTo(wanted) < 0)
        {
            return wanted;
        }

        if (pair.Key.AsSpan().StartsWith(wanted) && matters?.Invoke(pair) != false)
        {
            found.Add(instanceId);
        }

        return KeyRange.Prefix(pair.Key[..next.Offset]).End;
    }
}
