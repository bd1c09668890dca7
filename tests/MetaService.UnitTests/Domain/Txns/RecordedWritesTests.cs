using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MetaService.Json;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using MetaService.Storage;
using static MetaService.UnitTests.Domain.Txns.TxnTestBed;

namespace MetaService.UnitTests.Domain.Txns;

/// <summary>
/// Replays what the original service was recorded to write for requests on transactions. Keys and values must be the same
/// bytes, but for times, and for transaction ids and versionstamps, which depend on the store.
/// </summary>
public sealed class RecordedWritesTests : IAsyncLifetime
{
    private static readonly HashSet<string> Times =
        ["prepare_time", "precommit_time", "commit_time", "finish_time", "timeout_time", "creation_time", "update_time_ms"];

    // By the ids of the recording.
    private readonly Dictionary<long, long> _txnIds = [];
    private TxnTestBed _bed = null!;

    public async Task InitializeAsync()
    {
        _bed = await CreateAsync();
        await _bed.AddTabletAsync(50002);
        await _bed.WriteAsync(t => t.Add(Key.TableVersion(Instance, Db, Table), 2));
    }

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task Stored_keys_and_values_are_those_of_the_original_service()
    {
        var replayed = 0;
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", "writes.jsonl")))
        {
            var recorded = JsonDocument.Parse(line).RootElement;
            await PrepareAsync(recorded);
            var before = await _bed.DumpAsync();
            if (await ReplayAsync(recorded))
            {
                replayed++;
                Compare(recorded, before, await _bed.DumpAsync());
            }
        }

        replayed.Should().Be(11);
    }

    /// <summary>Does what went before a request: the recording does not hold all of it.</summary>
    private async Task PrepareAsync(JsonElement recorded)
    {
        var body = recorded.GetProperty("body");
        switch (recorded.GetProperty("request").GetString())
        {
            case "http/abort_txn":
                var (label, id) = body.TryGetProperty("label", out var given) ? (given.GetString()!, 224256L) : ("label_c", 222208L);
                _txnIds.Add(id, await _bed.BeginAsync(label));
                break;
            case "commit_rowset" when _txnIds.ContainsValue(Request<CreateRowsetRequest>(body).RowsetMeta.TxnId):
                var rowset = recorded.GetProperty("added")[0];
                var key = Bytes(rowset, "key");
                await _bed.WriteAsync(t => t.Set(key, Normalized(key, Bytes(rowset, "value"), ids: true, times: false)));
                break;
        }
    }

    private async Task<bool> ReplayAsync(JsonElement recorded)
    {
        var body = recorded.GetProperty("body");
        switch (recorded.GetProperty("request").GetString())
        {
            case "begin_txn":
                var id = recorded.GetProperty("added").EnumerateArray()
                    .Select(a => a.GetProperty("fields")).First(f => f[3].GetString() == "txn_index")[4].GetInt64();
                _txnIds.Add(id, (await _bed.Txns.BeginTxnAsync(Request<BeginTxnRequest>(body))).TxnId);
                return true;
            case "precommit_txn":
                await _bed.Txns.PrecommitTxnAsync(Request<PrecommitTxnRequest>(body));
                return true;
            case "commit_txn":
                await _bed.Txns.CommitTxnAsync(Request<CommitTxnRequest>(body));
                return true;
            case "http/abort_txn":
                await _bed.Txns.AbortTxnAsync(Request<AbortTxnRequest>(body));
                return true;
            default:
                return false;
        }
    }

    private void Compare(JsonElement recorded, SortedDictionary<string, string> before, SortedDictionary<string, string> after)
    {
        var request = recorded.GetRawText()[..120];
        after.Keys.Except(before.Keys).Should().BeEquivalentTo(Keys("added"), request);
        before.Keys.Except(after.Keys).Should().BeEquivalentTo(Keys("removed"), request);
        before.Keys.Intersect(after.Keys).Where(k => before[k] != after[k]).Should().BeEquivalentTo(Keys("changed"), request);
        foreach (var record in Records("added").Concat(Records("changed")))
        {
            var key = Bytes(record, "key");
            var value = Bytes(record, "value");
            Normalized(key, value, ids: false, times: false).Should().Equal(value, "the recorded value has one form only");
            var actual = Convert.FromHexString(after[Convert.ToHexStringLower(key)]);
            Normalized(key, actual, ids: false, times: true).Should().Equal(
                Normalized(key, value, ids: true, times: true), $"{record.GetProperty("fields")} of {request}");
        }

        IEnumerable<JsonElement> Records(string kind) => recorded.GetProperty(kind).EnumerateArray();

        IEnumerable<string> Keys(string kind) => Records(kind).Select(r => Convert.ToHexStringLower(Bytes(r, "key")));
    }

    /// <summary>A request with the ids of this run.</summary>
    private T Request<T>(JsonElement body)
        where T : class, IMessage<T>, new()
    {
        var request = ProtoJsonReader.Read<T>(JsonSerializer.SerializeToUtf8Bytes(body));
        ReplaceIds(request);
        return request;
    }

    /// <summary>The bytes of a record's key, with the ids of this run, or of its value.</summary>
    private byte[] Bytes(JsonElement record, string part)
    {
        var hex = record.GetProperty(part).GetString()!;
        return Convert.FromHexString(part == "key"
            ? _txnIds.Aggregate(hex, (h, id) => h.Replace($"12{id.Key:x16}", $"12{id.Value:x16}", StringComparison.Ordinal))
            : hex);
    }

    /// <summary>
    /// A value taken apart and put together again, with the ids of this run and without what differs from run to run.
    /// </summary>
    private byte[] Normalized(byte[] key, byte[] value, bool ids, bool times)
    {
        var format = KeySpace.Parse(key).Definition.Value;
        if (format.RecordType is null)
        {
            return value;
        }

        var stamp = format.Kind == KeyValueKind.StampedRecord ? value[^Versionstamp.Length..] : [];
        var record = format.RecordType.Parser.ParseFrom(value[..^stamp.Length]);
        if (ids)
        {
            ReplaceIds(record);
        }

        if (times)
        {
            // Of a versionstamp only its place can be the same.
            Array.Clear(stamp);
            foreach (var field in record.Descriptor.Fields.InDeclarationOrder())
            {
                if (Times.Contains(field.Name) && record is not RowsetMetaCloudPB && field.Accessor.HasValue(record))
                {
                    field.Accessor.SetValue(record, 1L);
                }
            }
        }

        return [.. record.ToByteArray(), .. stamp];
    }

    private void ReplaceIds(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            switch (field.Accessor.GetValue(message))
            {
                case IList<long> ids:
                    for (var i = 0; i < ids.Count; i++)
                    {
                        ids[i] = _txnIds.GetValueOrDefault(ids[i], ids[i]);
                    }

                    break;
                case long id when field.HasPresence && field.Accessor.HasValue(message) && _txnIds.TryGetValue(id, out var own):
                    field.Accessor.SetValue(message, own);
                    break;
                case IMessage inner when field.FieldType == FieldType.Message:
                    ReplaceIds(inner);
                    break;
            }
        }
    }
}
