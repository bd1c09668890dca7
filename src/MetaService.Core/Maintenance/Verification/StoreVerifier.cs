using MetaService.Keys;
using MetaService.Storage;

namespace MetaService.Maintenance.Verification;

/// <summary>
/// Reads every key of a store once, in order, and tells what is wrong: keys of no known type, values of another form than their
/// key says, records that do not agree with each other. It changes nothing. What it keeps in memory does not grow with the store.
/// </summary>
/// <remarks>
/// A store lets reads at one version go on for seconds only, so each part is read at a version of its own. What a record is
/// compared with is read at the version of the record, so that a store in use gives no false alarms; but what is written
/// meanwhile to parts that have been read is not seen.
/// </remarks>
public sealed class StoreVerifier(TransactionRunner runner, TimeProvider time)
{
    /// <summary>Verifies the whole store.</summary>
    /// <param name="found">Gets each defect as it is found, in the order of the keys.</param>
    /// <param name="progress">Gets the counts so far, after each part of the store.</param>
    /// <exception cref="KvException">The store cannot be read.</exception>
    public async Task<VerificationSummary> RunAsync(
        Action<Defect> found, Action<VerificationSummary>? progress = null, CancellationToken cancellationToken = default)
    {
        var summary = new VerificationSummary();
        var orphans = new OrphanFilter();
        byte[]? next = [];
        while (next is { } begin)
        {
            var page = await runner
                .ReadAsync((reader, token) => new PageVerifier(reader, time, token).RunAsync(begin), cancellationToken)
                .ConfigureAwait(false);
            foreach (var (definition, keys) in page.Values)
            {
                summary.Add(definition, keys);
            }

            foreach (var defect in page.Defects.Where(orphans.IsNew))
            {
                summary.Defects++;
                found(defect);
            }

            progress?.Invoke(summary);
            next = page.Next;
        }

        return summary;
    }

    /// <summary>Lets one orphan through for each type of key and instance: the rest is missing its instance no less.</summary>
    private sealed class OrphanFilter
    {
        private readonly HashSet<KeyDefinition> _seen = [];
        private KeyPart? _instanceId;
        private KeyField? _group;

        public bool IsNew(Defect defect)
        {
            if (defect.Kind != DefectKinds.Orphan)
            {
                return true;
            }

            // Keys of one instance lie together below the first constant of their types.
            var (definition, instanceId) = (defect.Key!.Definition, defect.Key.Values[0]);
            if (_group != definition.Fields[0] || _instanceId != instanceId)
            {
                (_group, _instanceId) = (definition.Fields[0], instanceId);
                _seen.Clear();
            }

            return _seen.Add(definition);
        }
    }
}
