using Google.Protobuf;
using MetaService.Domain.Tablets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Storage;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.Maintenance.Verification;

/// <summary>What is stored under a key.</summary>
/// <param name="Exists">Whether anything is.</param>
/// <param name="Record">The record; null also when it cannot be read, which is reported where it lies.</param>
internal readonly record struct Lookup<T>(bool Exists, T? Record)
    where T : class;

/// <summary>
/// Reads of other records that a record is compared with, all at one version of the store. Answers that are needed over and over
/// are remembered: as long as the view lives, they cannot change.
/// </summary>
internal sealed class StoreView(IKvReader reader, CancellationToken token)
{
    private readonly Dictionary<string, Lookup<InstanceInfoPB>> _instances = new(StringComparer.Ordinal);
    private readonly Dictionary<(string InstanceId, long TabletId), Lookup<TabletIndexPB>> _tablets = [];
    private readonly Dictionary<(string InstanceId, TabletIndexPB Tablet), bool> _stats = [];
    private readonly Dictionary<(string InstanceId, long IndexId, long Version), bool> _schemas = [];
    private readonly Dictionary<(string InstanceId, long IndexId), Lookup<SchemaCloudDictionary>> _dictionaries = [];

    public ValueTask<Lookup<T>> GetAsync<T>(RecordKey<T> key)
        where T : class, IMessage<T>, new() =>
        ReadAsync(key.Bytes, () => reader.GetAsync(key, snapshot: true, token));

    public ValueTask<Lookup<T>> GetAsync<T>(SecretRecordKey<T> key)
        where T : class, IMessage<T>, new() =>
        GetAsync(new RecordKey<T>(key.Bytes));

    public ValueTask<Lookup<T>> GetAsync<T>(StampedRecordKey<T> key)
        where T : class, IMessage<T>, new() =>
        ReadAsync(
            key.Bytes,
            async () => (await reader.GetAsync(key, snapshot: true, token).ConfigureAwait(false))?.Record);

    public ValueTask<Lookup<InstanceInfoPB>> InstanceAsync(string instanceId) =>
        RememberAsync(_instances, instanceId, () => GetAsync(Key.Instance(instanceId)));

    public ValueTask<Lookup<TabletIndexPB>> TabletAsync(string instanceId, long tabletId) =>
        RememberAsync(_tablets, (instanceId, tabletId), () => GetAsync(Key.MetaTabletIndex(instanceId, tabletId)));

    public ValueTask<bool> HasSchemaAsync(string instanceId, long indexId, long version) =>
        RememberAsync(
            _schemas,
            (instanceId, indexId, version),
            () => SplitValueAccess.ExistsAsync(reader, Key.MetaSchema(instanceId, indexId, version).Bytes, token));

    public ValueTask<Lookup<SchemaCloudDictionary>> SchemaDictionaryAsync(string instanceId, long indexId)
    {
        var key = Key.MetaSchemaDictionary(instanceId, indexId);
        return RememberAsync(
            _dictionaries,
            (instanceId, indexId),
            () => ReadAsync(key.Bytes, () => reader.GetAsync(key, snapshot: true, token)));
    }

    /// <summary>Whether a tablet has the record that counters lie beside.</summary>
    public ValueTask<bool> HasStatsAsync(string instanceId, TabletIndexPB tablet) =>
        RememberAsync(
            _stats,
            (instanceId, tablet),
            async () => (await GetAsync(Key.StatsTablet(instanceId, tablet)).ConfigureAwait(false)).Exists);

    /// <summary>The statistics of a tablet with the counters beside them.</summary>
    public ValueTask<Lookup<StoredTabletStats>> StatsAsync(string instanceId, TabletIndexPB tablet) =>
        ReadAsync(
            Key.StatsTablet(instanceId, tablet).Bytes,
            () => reader.GetTabletStatsAsync(instanceId, tablet, snapshot: true, token));

    /// <summary>The visible rowsets of a tablet, in the order of their end versions; null when one cannot be read.</summary>
    public async ValueTask<List<RowsetMetaCloudPB>?> RowsetsAsync(string instanceId, long tabletId)
    {
        var rowsets = new List<RowsetMetaCloudPB>();
        try
        {
            await foreach (var found in reader
                .ScanAsync(KeyRanges.Rowsets(instanceId, tabletId), snapshot: true, token).ConfigureAwait(false))
            {
                rowsets.Add(found.Record);
            }

            return rowsets;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether an index or partition is dropped. What belongs to it is then reclaimed elsewhere, piece by piece, so that its
    /// records need not agree any more.
    /// </summary>
    public async ValueTask<bool> IsDroppedAsync(string instanceId, long indexId, long partitionId)
    {
        var index = await GetAsync(Key.RecycleIndex(instanceId, indexId)).ConfigureAwait(false);
        var partition = await GetAsync(Key.RecyclePartition(instanceId, partitionId)).ConfigureAwait(false);
        return TabletStore.IsDropped(index.Record, partition.Record);
    }

    private static async ValueTask<TValue> RememberAsync<TKey, TValue>(
        Dictionary<TKey, TValue> known, TKey key, Func<ValueTask<TValue>> readAsync)
        where TKey : notnull
    {
        if (!known.TryGetValue(key, out var value))
        {
            value = await readAsync().ConfigureAwait(false);
            known.Add(key, value);
        }

        return value;
    }

    private static async ValueTask<Lookup<T>> ReadAsync<T>(byte[] key, Func<ValueTask<T?>> readAsync)
        where T : class
    {
        if (key.Length > KvLimits.KeyBytes)
        {
            return default; // No store takes such a key.
        }

        try
        {
            var record = await readAsync().ConfigureAwait(false);
            return new Lookup<T>(record is not null, record);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidDataException)
        {
            return new Lookup<T>(true, null);
        }
    }
}
