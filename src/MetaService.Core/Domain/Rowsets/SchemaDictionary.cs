using Google.Protobuf;
using Google.Protobuf.Collections;
using MetaService.Records.Olap;

namespace MetaService.Domain.Rowsets;

/// <summary>
/// Variant columns give nearly every rowset a schema of its own, by the subcolumns found in its data. Those subcolumns and their
/// indexes are kept once per index in a dictionary, and rowsets list their keys.
/// </summary>
internal static class SchemaDictionary
{
    /// <summary>Moves the subcolumns of a rowset's schema, and their indexes, into the dictionary.</summary>
    /// <returns>Whether the dictionary has grown.</returns>
    public static bool Extract(RowsetMetaCloudPB rowset, SchemaCloudDictionary dictionary)
    {
        var schema = rowset.TabletSchema;
        var keys = rowset.SchemaDictKeyList ??= new SchemaDictKeyList();
        var before = (dictionary.CurrentColumnDictId, dictionary.CurrentIndexDictId);
        var columns = new Entries<ColumnPB>(dictionary.ColumnDict, dictionary.CurrentColumnDictId);
        var indexes = new Entries<TabletIndexPB>(dictionary.IndexDict, dictionary.CurrentIndexDictId);
        foreach (var column in schema.Column)
        {
            columns.Move(column.SparseColumns, _ => true, keys.SparseColumnDictKeyList);
        }

        // Columns of the table have ids of their own; those found in data have none.
        columns.Move(schema.Column, column => column.UniqueId < 0, keys.ColumnDictKeyList);
        indexes.Move(schema.Index, index => index.IndexSuffixName.Length > 0, keys.IndexInfoDictKeyList);
        dictionary.CurrentColumnDictId = columns.LastKey;
        dictionary.CurrentIndexDictId = indexes.LastKey;
        return (columns.LastKey, indexes.LastKey) != before;
    }

    /// <summary>Puts what <see cref="Extract"/> moved out back into the schema of a rowset.</summary>
    /// <param name="rowset">Has its stored schema, which other rowsets may share: it gets a copy.</param>
    /// <exception cref="MetaServiceException">The dictionary lacks an entry.</exception>
    public static void Restore(RowsetMetaCloudPB rowset, SchemaCloudDictionary dictionary, long indexId)
    {
        var keys = rowset.SchemaDictKeyList;
        var schema = rowset.TabletSchema.Clone();
        foreach (var key in keys.SparseColumnDictKeyList)
        {
            var column = Find(dictionary.ColumnDict, key, indexId);
            var parent = schema.Column.FirstOrDefault(c => c.UniqueId == column.ParentUniqueId);
            parent?.SparseColumns.Add(column);
        }

        schema.Column.Add(keys.ColumnDictKeyList.Select(key => Find(dictionary.ColumnDict, key, indexId)));
        schema.Index.Add(keys.IndexInfoDictKeyList.Select(key => Find(dictionary.IndexDict, key, indexId)));
        rowset.TabletSchema = schema;
    }

    private static T Find<T>(MapField<int, T> entries, int key, long indexId) =>
        entries.TryGetValue(key, out var entry) ? entry : throw RowsetErrors.SchemaDictionaryIncomplete(indexId, key);

    /// <summary>One of the two parts of a dictionary: numbered entries, each content once.</summary>
    private sealed class Entries<T>(MapField<int, T> stored, long lastKey)
        where T : class, IMessage<T>
    {
        private readonly Dictionary<ByteString, int> _keys =
            stored.GroupBy(e => e.Value.ToByteString()).ToDictionary(g => g.Key, g => g.Min(e => e.Key));

        public long LastKey { get; private set; } = lastKey;

        /// <summary>Moves the items chosen out of the list and appends their keys.</summary>
        public void Move(RepeatedField<T> items, Func<T, bool> isMoved, RepeatedField<int> keys)
        {
            var kept = new List<T>();
            foreach (var item in items)
            {
                if (isMoved(item))
                {
                    keys.Add(KeyOf(item));
                }
                else
                {
                    kept.Add(item);
                }
            }

            items.Clear();
            items.Add(kept);
        }

        private int KeyOf(T item)
        {
            var bytes = item.ToByteString();
            if (!_keys.TryGetValue(bytes, out var key))
            {
                key = checked((int)++LastKey);
                stored.Add(key, item.Clone());
                _keys.Add(bytes, key);
            }

            return key;
        }
    }
}
