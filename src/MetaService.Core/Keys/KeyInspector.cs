using System.Globalization;
using Google.Protobuf;
using MetaService.Records;
using MetaService.Storage;

namespace MetaService.Keys;

/// <summary>What encode_key and get_value print.</summary>
/// <param name="format">Writes a record as text; what becomes of its secrets is its decision.</param>
public sealed class KeyInspector(Func<IMessage, string> format)
{
    /// <summary>The diagram of a key given by its type and fields, then the key in the form that fdbcli takes.</summary>
    /// <exception cref="KeyFormatException">A parameter is missing, empty or wrong, or the key is too long.</exception>
    public static string EncodeKey(IReadOnlyDictionary<string, string> parameters, bool unicode = true)
    {
        var key = KeyBytes(KeyQuery.FromFields(parameters).Key);
        return KeyPrinter.Print(key, unicode) + KeyHex.Escaped(key) + "\n";
    }

    /// <summary>
    /// The value of a key in readable form, without a newline at its end; null when there is none. Of a record that is kept in
    /// versions, the newest at or before the parameter <c>versionstamp</c>, which is printed too.
    /// </summary>
    /// <exception cref="KeyFormatException">A parameter is missing, empty or wrong, or the key is too long.</exception>
    /// <exception cref="InvalidDataException">The stored value is malformed.</exception>
    /// <exception cref="InvalidProtocolBufferException">The stored value is not the record that belongs there.</exception>
    public async ValueTask<string?> GetValueAsync(
        IKvReader reader, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken = default)
    {
        var query = KeyQuery.FromKeyOrFields(parameters);
        var bytes = KeyBytes(query.Key);
        if (query.Definition == KeySpace.StatsTablet)
        {
            return await GetTabletStatsAsync(reader, query.Key, cancellationToken).ConfigureAwait(false);
        }

        var hasStamp = query.Key.Values is [.., { Kind: KeyFieldKind.Versionstamp }];
        if (query.Definition.IsVersioned && !(query.IsExact && hasStamp))
        {
            return await GetVersionAsync(reader, query, cancellationToken).ConfigureAwait(false);
        }

        // A chunk is shown as the bytes it is: it need not be a record by itself.
        if (query.Key.Chunk is not null)
        {
            var chunk = await reader.GetAsync(bytes, snapshot: true, cancellationToken).ConfigureAwait(false);
            return chunk is null ? null : Convert.ToHexStringLower(chunk);
        }

        var value = query.Definition.Value.IsSplit
            ? await SplitValueAccess.ReadAsync(reader, bytes, snapshot: true, cancellationToken).ConfigureAwait(false)
            : await reader.GetAsync(bytes, snapshot: true, cancellationToken).ConfigureAwait(false);
        return value is null ? null : Print(query.Definition.Value, value);
    }

    private async ValueTask<string?> GetTabletStatsAsync(IKvReader reader, ParsedKey key, CancellationToken cancellationToken)
    {
        var stats = await TabletStatsAccess.ReadAsync(reader, key.Encode(), snapshot: true, cancellationToken)
            .ConfigureAwait(false);
        return stats is null
            ? null
            : $"aggregated_stats: {format(stats.Aggregated)}\ndetached_stats: {format(stats.Detached)}\n"
              + $"merged_stats: {format(stats.Merge())}";
    }

    private async ValueTask<string?> GetVersionAsync(IKvReader reader, KeyQuery query, CancellationToken cancellationToken)
    {
        var definition = query.Definition;
        var fields = query.Key.Values.Where(v => v.Kind != KeyFieldKind.Versionstamp).ToArray();
        var range = definition.Range(fields);
        if (query.Key.Values.Count > fields.Length)
        {
            range = range with { End = KeyRange.Prefix(query.Key.Encode()).End };
        }

        var options = new KvRangeOptions(1, Reverse: true, Snapshot: true);
        var newest = await reader.GetRangeAsync(range.Begin, range.End, options, cancellationToken).ConfigureAwait(false);
        if (newest.Pairs.Count == 0)
        {
            return null;
        }

        if (!definition.TryParse(newest.Pairs[0].Key, out var key) || key.Values.Count == fields.Length)
        {
            throw new InvalidDataException($"a key among the versions of a {definition.Name} is not one of them");
        }

        var versioned = definition.Encode([.. key.Values]);
        var value = definition.Value.IsSplit
            ? await SplitValueAccess.ReadAsync(reader, versioned, snapshot: true, cancellationToken).ConfigureAwait(false)
            : newest.Pairs[0].Value;
        return value is null ? null : $"{Print(definition.Value, value)}\nversionstamp={Hex(key.Values[^1].Stamp)}";
    }

    private string Print(KeyValueFormat layout, byte[] value) => layout.Kind switch
    {
        KeyValueKind.Record or KeyValueKind.SplitRecord => format(layout.RecordType!.Parser.ParseFrom(value)),
        KeyValueKind.StampedRecord => PrintStamped(layout, value),
        KeyValueKind.Counter => RecordAccess.ParseCounter(value).ToString(CultureInfo.InvariantCulture),
        KeyValueKind.Empty when value.Length == 0 => "(empty)",
        _ => Convert.ToHexStringLower(value),
    };

    private string PrintStamped(KeyValueFormat layout, byte[] value)
    {
        var (record, stamp) = StampedRecordAccess.Split(value);
        var id = TxnId.TryFromVersionstamp(stamp, out var txnId) ? $"txn_id={txnId}" : $"versionstamp={Hex(stamp)}";
        return $"{format(layout.RecordType!.Parser.ParseFrom(record))}\n{id}";
    }

    private static string Hex(Versionstamp stamp)
    {
        Span<byte> bytes = stackalloc byte[Versionstamp.Length];
        stamp.WriteTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    private static byte[] KeyBytes(ParsedKey key)
    {
        var bytes = key.Encode();
        return bytes.Length <= KvLimits.KeyBytes
            ? bytes
            : throw new KeyFormatException($"the key has {bytes.Length} bytes, more than {KvLimits.KeyBytes}");
    }
}
