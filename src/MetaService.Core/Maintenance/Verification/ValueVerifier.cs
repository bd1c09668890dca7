using Google.Protobuf;
using MetaService.Keys;

namespace MetaService.Maintenance.Verification;

/// <summary>Verifies single values: their form, then what they say against other records.</summary>
internal sealed class ValueVerifier(StoreView store)
{
    /// <summary>Records about the work on an instance, written last by whoever reclaims it: they may stay behind.</summary>
    private static readonly HashSet<KeyDefinition> MayOutliveInstance =
    [
        KeySpace.JobCheck, KeySpace.JobRecycle, KeySpace.JobSnapshotDataMigrator, KeySpace.JobSnapshotChainCompactor,
    ];

    /// <summary>The defects of a value that is not split.</summary>
    public async ValueTask<List<Defect>> CheckAsync(ParsedKey key, byte[] keyBytes, byte[] value)
    {
        var context = Context(key, keyBytes);
        if (StoredValue.Read(key.Definition, value, out var record) is { } problem)
        {
            context.Report(DefectKinds.UnreadableValue, problem);
            await CheckInstanceAsync(context).ConfigureAwait(false);
        }
        else
        {
            await CheckAsync(context, record).ConfigureAwait(false);
        }

        return context.Found;
    }

    /// <summary>The defects of a split value.</summary>
    public async ValueTask<List<Defect>> CheckAsync(SplitParts parts)
    {
        if (parts.Problem is null)
        {
            return await CheckAsync(parts.Key, parts.KeyBytes, parts.Bytes).ConfigureAwait(false);
        }

        var context = Context(parts.Key, parts.KeyBytes);
        context.Report(DefectKinds.BrokenSplitValue, parts.Problem);
        await CheckInstanceAsync(context).ConfigureAwait(false);
        return context.Found;
    }

    private static async ValueTask CheckAsync(CheckContext context, IMessage? record)
    {
        await CheckInstanceAsync(context).ConfigureAwait(false);
        await RecordChecks.CheckAsync(context, record).ConfigureAwait(false);
    }

    private static async ValueTask CheckInstanceAsync(CheckContext context)
    {
        var definition = context.Key.Definition;
        if (context.InstanceId.Length == 0 || definition == KeySpace.Instance || MayOutliveInstance.Contains(definition))
        {
            return;
        }

        if (!(await context.Store.InstanceAsync(context.InstanceId).ConfigureAwait(false)).Exists)
        {
            context.Report(DefectKinds.Orphan, "there is no record of its instance");
        }
    }

    // The first field of every key of an instance is the id of the instance.
    private CheckContext Context(ParsedKey key, byte[] keyBytes) =>
        new(store, keyBytes, key, key.Definition.Space == KeySpace.User ? key.Values[0].ToText() : "", []);
}
