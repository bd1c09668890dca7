using System.Text;
using System.Text.Json;
using Google.Protobuf;
using MetaService.Json;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using Action = MetaService.Records.Cloud.FinishTabletJobRequest.Types.Action;

namespace MetaService.UnitTests.Domain;

/// <summary>
/// What requests write must be the bytes that other implementations of the layout write. Recorded line by line.
/// </summary>
public sealed class ContractWritesTests
{
    private static readonly string[] Replayed =
    [
        "prepare_index", "commit_index", "prepare_partition", "commit_partition", "create_tablets",
        "prepare_rowset", "commit_rowset", "start_tablet_job", "finish_tablet_job", "http/abort_tablet_job",
    ];

    private readonly TabletWorld _world = new();

    [Fact]
    public async Task Tablet_requests_write_the_recorded_bytes()
    {
        var replayed = 0;
        foreach (var text in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", "writes.jsonl")))
        {
            var line = new Line(text);
            if (!text.Contains("\"1:x1:be1\"", StringComparison.Ordinal))
            {
                continue;
            }

            if (!Replayed.Contains(line.Request))
            {
                _world.Change(transaction =>
                {
                    foreach (var (key, value) in line.Written)
                    {
                        transaction.Set(Convert.FromHexString(key), Convert.FromHexString(value));
                    }

                    line.Removed.ForEach(key => transaction.Clear(Convert.FromHexString(key)));
                });
                continue;
            }

            await FillGapBeforeAsync(line);
            await ReplayAsync(line);
            replayed++;
        }

        replayed.Should().Be(20);
    }

    private async Task ReplayAsync(Line line)
    {
        if (line.Time is { } time)
        {
            _world.Time.SetUtcNow(DateTimeOffset.FromUnixTimeMilliseconds(time));
        }

        var before = await _world.DumpAsync();
        await SendAsync(line);
        var after = await _world.DumpAsync();

        after.Where(p => before.GetValueOrDefault(p.Key) != p.Value).Should().BeEquivalentTo(line.Written, line.Request);
        before.Keys.Except(after.Keys).Should().BeEquivalentTo(line.Removed, line.Request);
    }

    private Task SendAsync(Line line) => line.Request switch
    {
        "prepare_index" => _world.Indexes.PrepareIndexAsync(line.Read<IndexRequest>(), default),
        "commit_index" => _world.Indexes.CommitIndexAsync(line.Read<IndexRequest>(), default),
        "prepare_partition" => _world.Partitions.PreparePartitionAsync(line.Read<PartitionRequest>(), default),
        "commit_partition" => _world.Partitions.CommitPartitionAsync(line.Read<PartitionRequest>(), default),
        "create_tablets" => _world.Tablets.CreateTabletsAsync(line.Read<CreateTabletsRequest>(), default),
        "prepare_rowset" => _world.Rowsets.PrepareRowsetAsync(line.Read<CreateRowsetRequest>(), default),
        "commit_rowset" => _world.Rowsets.CommitRowsetAsync(line.Read<CreateRowsetRequest>(), default),
        "start_tablet_job" => _world.Jobs.StartTabletJobAsync(line.Read<StartTabletJobRequest>(), default),
        "finish_tablet_job" => _world.Jobs.FinishTabletJobAsync(line.Read<FinishTabletJobRequest>(), default),
        _ => _world.Jobs.FinishTabletJobAsync(Abort(line.Read<FinishTabletJobRequest>()), default),
    };

    private static FinishTabletJobRequest Abort(FinishTabletJobRequest request)
    {
        request.Action = Action.Abort;
        return request;
    }

    // The recording leaves out two aborts, and the loads whose rowsets the last line compacts.
    private async Task FillGapBeforeAsync(Line line)
    {
        var started = line.Request == "start_tablet_job" ? line.Read<StartTabletJobRequest>().Job.Compaction[0].Id : "";
        if (started is "job3" or "job4")
        {
            var left = started == "job3" ? "job2" : "job3";
            await _world.Jobs.FinishTabletJobAsync(TabletWorld.Finish(Action.Abort, left), default);
        }

        foreach (var rowset in line.Records<RecycleRowsetPB>(KeySpace.RecycleRowset).Select(r => r.RowsetMeta))
        {
            if (line.Request == "finish_tablet_job")
            {
                _world.Put(Key.MetaRowset(TabletWorld.InstanceId, rowset.TabletId, rowset.EndVersion), rowset);
            }
        }
    }

    private sealed class Line
    {
        private readonly JsonElement _root;

        public Line(string text)
        {
            _root = JsonDocument.Parse(text).RootElement;
            Written = Pairs("added").Concat(Pairs("changed")).ToDictionary();
            Removed = [.. _root.GetProperty("removed").EnumerateArray().Select(Hex)];
        }

        public string Request => _root.GetProperty("request").GetString()!;

        public Dictionary<string, string> Written { get; }

        public List<string> Removed { get; }

        /// <summary>When the request came, in unix milliseconds, as far as what it wrote tells.</summary>
        public long? Time =>
            Records<RecycleIndexPB>(KeySpace.RecycleIndex).Select(r => r.CreationTime * 1000)
                .Concat(Records<RecyclePartitionPB>(KeySpace.RecyclePartition).Select(r => r.CreationTime * 1000))
                .Concat(Records<RecycleRowsetPB>(KeySpace.RecycleRowset).Select(r => r.CreationTime * 1000))
                .Concat(Records<TabletStatsPB>(KeySpace.StatsTablet).Select(r => r.LastCumuCompactionTimeMs))
                .Where(t => t > 0).Cast<long?>().FirstOrDefault();

        public T Read<T>()
            where T : class, IMessage<T>, new() =>
            ProtoJsonReader.Read<T>(Encoding.UTF8.GetBytes(_root.GetProperty("body").GetRawText()));

        public IEnumerable<T> Records<T>(KeyDefinition definition)
            where T : class, IMessage<T>, new() =>
            Written.Where(p => definition.TryParse(Convert.FromHexString(p.Key), out _))
                .Select(p => RecordAccess.Parse<T>(Convert.FromHexString(p.Value)));

        private IEnumerable<KeyValuePair<string, string>> Pairs(string list) =>
            _root.GetProperty(list).EnumerateArray()
                .Select(e => KeyValuePair.Create(Hex(e), e.GetProperty("value").GetString()!));

        private static string Hex(JsonElement entry) => entry.GetProperty("key").GetString()!;
    }
}
