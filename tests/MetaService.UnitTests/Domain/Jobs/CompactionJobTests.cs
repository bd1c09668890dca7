using MetaService.Keys;
using MetaService.Records.Cloud;
using Action = MetaService.Records.Cloud.FinishTabletJobRequest.Types.Action;
using CompactionType = MetaService.Records.Cloud.TabletCompactionJobPB.Types.CompactionType;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.UnitTests.Domain.Jobs;

public sealed class CompactionJobTests : IDisposable
{
    private readonly TabletWorld _world = new();

    public void Dispose() => _world.EnsureSound();

    [Fact]
    public async Task One_compaction_of_a_kind_runs_at_a_time()
    {
        await _world.CreateAsync(50001);
        await StartAsync("j1");
        await StartAsync("j1");
        await TabletWorld.Refusal(() => StartAsync("j2"), MetaServiceCode.JobTabletBusy);
        await StartAsync("b1", CompactionType.Base);
        await TabletWorld.Refusal(() => StartAsync("j1", CompactionType.EmptyCumulative), MetaServiceCode.JobTabletBusy);
        Running().Should().Equal("j1", "b1");
    }

    [Fact]
    public async Task Known_inputs_that_do_not_overlap_run_side_by_side()
    {
        await _world.CreateAsync(50001);
        await StartAsync("j1", versions: [2, 4]);
        await StartAsync("j2", versions: [5, 6]);
        var busy = await TabletWorld.Refusal(() => StartAsync("j3", versions: [6, 9]), MetaServiceCode.JobTabletBusy);
        ((StartTabletJobResponse)busy.PartialResponse!).VersionInCompaction.Should().Equal(2, 4, 5, 6);
        await TabletWorld.Refusal(() => StartAsync("j4"), MetaServiceCode.JobTabletBusy);
        var unchecked_ = TabletWorld.StartCompaction("j5", versions: [8, 9]);
        unchecked_.Job.Compaction[0].CheckInputVersionsRange = false;
        await TabletWorld.Refusal(() => _world.Jobs.StartTabletJobAsync(unchecked_, default), MetaServiceCode.JobTabletBusy);
    }

    [Fact]
    public async Task A_full_compaction_ousts_the_others_and_a_stop_token_all()
    {
        await _world.CreateAsync(50001);
        await StartAsync("j1");
        await StartAsync("f1", CompactionType.Full);
        Running().Should().Equal("f1");
        await TabletWorld.Refusal(() => StartAsync("j2"), MetaServiceCode.JobTabletBusy);
        await TabletWorld.Refusal(() => FinishAsync(Action.Lease, "j1"), MetaServiceCode.InvalidArgument);
        await StartAsync("stop", CompactionType.StopToken);
        await StartAsync("stop", CompactionType.StopToken);
        Running().Should().Equal("stop");
        await TabletWorld.Refusal(() => StartAsync("f2", CompactionType.Full), MetaServiceCode.JobTabletBusy);
        await TabletWorld.Refusal(() => FinishAsync(Action.Commit, "stop"), MetaServiceCode.InvalidArgument);
        await FinishAsync(Action.Abort, "stop");
        await StartAsync("j3");
    }

    [Theory]
    [InlineData(601, 1)]
    [InlineData(599, 0)]
    public async Task A_job_whose_lease_has_passed_gives_way(int seconds, int expected)
    {
        await _world.CreateAsync(50001);
        await StartAsync("j1");
        _world.Time.Advance(TimeSpan.FromSeconds(seconds));
        var next = StartAsync("j2");
        if (expected == 0)
        {
            await TabletWorld.Refusal(() => next, MetaServiceCode.JobTabletBusy);
            return;
        }

        await next;
        Running().Should().Equal("j2");
        await TabletWorld.Refusal(() => FinishAsync(Action.Abort, "j1"), MetaServiceCode.InvalidArgument);
    }

    [Fact]
    public async Task Leases_only_grow()
    {
        await _world.CreateAsync(50001);
        await StartAsync("j1");
        await TabletWorld.Refusal(() => LeaseAsync(TabletWorld.Start + 599), MetaServiceCode.InvalidArgument);
        await TabletWorld.Refusal(() => LeaseAsync(long.MinValue), MetaServiceCode.InvalidArgument);
        await LeaseAsync(TabletWorld.Start + 600);
        await LeaseAsync(TabletWorld.Start + 900);
        Record()!.Compaction[0].Lease.Should().Be(TabletWorld.Start + 900);
        _world.Time.Advance(TimeSpan.FromSeconds(1001));
        await TabletWorld.Refusal(() => LeaseAsync(TabletWorld.Start + 2000), MetaServiceCode.JobExpired);

        Task LeaseAsync(long lease)
        {
            var request = TabletWorld.Finish(Action.Lease, "j1");
            request.Job.Compaction[0].Lease = lease;
            return _world.Jobs.FinishTabletJobAsync(request, default);
        }
    }

    [Fact]
    public async Task An_abort_needs_no_more_than_the_ids_of_tablet_and_job()
    {
        await _world.CreateAsync(50001);
        await StartAsync("j1");
        await TabletWorld.Refusal(() => AbortAsync(4, "j1"), MetaServiceCode.TabletNotFound);
        await TabletWorld.Refusal(() => AbortAsync(50001, "zzz"), MetaServiceCode.InvalidArgument);
        Running().Should().Equal("j1");
        await AbortAsync(50001, "j1");
        Running().Should().BeEmpty();
        await TabletWorld.Refusal(() => AbortAsync(50001, "j1"), MetaServiceCode.InvalidArgument);

        Task AbortAsync(long tabletId, string id)
        {
            var request = TabletWorld.Finish(Action.Abort, id);
            request.Job.Idx = new TabletIndexPB { TabletId = tabletId };
            return _world.Jobs.FinishTabletJobAsync(request, default);
        }
    }

    [Fact]
    public async Task A_committed_compaction_replaces_its_input()
    {
        await _world.CreateAsync(50001);
        var versions = new[] { await _world.LoadAsync("a"), await _world.LoadAsync("b") };
        await StartAsync("c1", versions: versions);
        await _world.WriteRowsetAsync(Output(2, 3));

        var response = await _world.Jobs.FinishTabletJobAsync(Commit("c1", CompactionType.Cumulative), default);

        response.Stats.Should().Be(await _world.StatsOfAsync());
        (response.Stats.DataSize, response.Stats.NumRows, response.Stats.NumRowsets, response.Stats.NumSegments)
            .Should().Be((1000, 100, 2, 1));
        (response.Stats.CumulativeCompactionCnt, response.Stats.CumulativePoint).Should().Be((1, 4));
        _world.Get(Key.MetaRowset("x1", 50001, 2)).Should().BeNull();
        _world.Get(Key.MetaRowset("x1", 50001, 3))!.RowsetIdV2.Should().Be("out");
        _world.Get(Key.RecycleRowset("x1", 50001, "a"))!.Type.Should().Be(RecycleRowsetPB.Types.Type.Compact);
        Running().Should().BeEmpty();
        (await _world.Stats.FixTabletStatsAsync("x1", null, 20001, 50001, default)).Should().BeEmpty("the statistics are right");
        await TabletWorld.Refusal(() => StartAsync("c2"), MetaServiceCode.StaleTabletCache);
    }

    [Theory]
    [InlineData(CompactionType.Base, 1, 0, 0, 2)]
    [InlineData(CompactionType.Full, 1, 1, 0, 4)]
    [InlineData(CompactionType.Cumulative, 0, 0, 1, 4)]
    public async Task Each_kind_is_counted_in_its_way(CompactionType type, long bases, long fulls, long cumulatives, long point)
    {
        await _world.CreateAsync(50001);
        await _world.LoadAsync("a");
        await _world.LoadAsync("b");
        await StartAsync("c1", type);
        await _world.WriteRowsetAsync(Output(2, 3));
        var stats = (await _world.Jobs.FinishTabletJobAsync(Commit("c1", type), default)).Stats;
        (stats.BaseCompactionCnt, stats.FullCompactionCnt, stats.CumulativeCompactionCnt, stats.CumulativePoint)
            .Should().Be((bases, fulls, cumulatives, point));
    }

    public static TheoryData<string, Action<TabletCompactionJobPB>> Spoiled => new()
    {
        { "input beyond the tablet", c => c.InputVersions[1] = 9 },
        { "input cuts a rowset", c => c.InputVersions[0] = 1 },
        { "inverted input", c => c.InputVersions[0] = 9 },
        { "one input version", c => c.InputVersions.RemoveAt(0) },
        { "least input version", c => c.InputVersions[0] = long.MinValue },
        { "no output version", c => c.OutputVersions.Clear() },
        { "other output version", c => c.OutputVersions[0] = 4 },
        { "other output rowset", c => c.OutputRowsetIds[0] = "in" },
        { "no transaction", c => c.TxnId.Clear() },
        { "unknown transaction", c => c.TxnId[0] = 78 },
        { "least transaction", c => c.TxnId[0] = long.MinValue },
        { "other kind", c => c.Type = CompactionType.Base },
        { "negative point", c => c.OutputCumulativePoint = -1 },
    };

    [Theory]
    [MemberData(nameof(Spoiled))]
    public async Task Results_that_do_not_fit_the_tablet_change_nothing(string what, Action<TabletCompactionJobPB> spoil)
    {
        await _world.CreateAsync(50001);
        await _world.LoadAsync("a");
        await _world.LoadAsync("b");
        await StartAsync("c1");
        await _world.WriteRowsetAsync(Output(2, 3));
        var before = await _world.DumpAsync();
        var request = Commit("c1", CompactionType.Cumulative);
        spoil(request.Job.Compaction[0]);
        await TabletWorld.Refusal(() => _world.Jobs.FinishTabletJobAsync(request, default), MetaServiceCode.InvalidArgument);
        (await _world.DumpAsync()).Should().BeEquivalentTo(before, what);
    }

    [Fact]
    public async Task A_merge_on_write_compaction_needs_its_lock_to_commit()
    {
        await _world.CreateAsync(50001);
        await _world.LoadAsync("a");
        await _world.LoadAsync("b");
        await StartAsync("c1");
        await _world.WriteRowsetAsync(Output(2, 3));
        var request = Commit("c1", CompactionType.Cumulative);
        request.Job.Compaction[0].DeleteBitmapLockInitiator = 5;
        await TabletWorld.Refusal(() => _world.Jobs.FinishTabletJobAsync(request, default), MetaServiceCode.LockExpired);

        var take = new GetDeleteBitmapUpdateLockRequest
        {
            CloudUniqueId = TabletWorld.Node,
            TableId = 20001,
            LockId = -1,
            Initiator = 5,
            Expiration = 10,
        };
        await _world.Locks.GetDeleteBitmapUpdateLockAsync(take, default);
        await _world.Jobs.FinishTabletJobAsync(request, default);
        _world.Get(Key.DeleteBitmapLock("x1", 20001, -1)).Should().BeNull();
    }

    [Theory]
    [InlineData("drop_index")]
    [InlineData("drop_partition")]
    public async Task A_dropped_tablet_is_not_compacted(string what)
    {
        await _world.CreateAsync(50001);
        await StartAsync("c1");
        if (what == "drop_index")
        {
            var request = new IndexRequest { CloudUniqueId = TabletWorld.Node, IndexIds = { 30001 }, TableId = 20001 };
            await _world.Indexes.DropIndexAsync(request, default);
        }
        else
        {
            var request = new PartitionRequest
            {
                CloudUniqueId = TabletWorld.Node,
                PartitionIds = { 40001 },
                IndexIds = { 30001 },
                TableId = 20001,
            };
            await _world.Partitions.DropPartitionAsync(request, default);
        }

        await TabletWorld.Refusal(() => StartAsync("c2", CompactionType.Base), MetaServiceCode.TabletNotFound);
        await TabletWorld.Refusal(
            () => _world.Jobs.FinishTabletJobAsync(Commit("c1", CompactionType.Cumulative), default),
            MetaServiceCode.TabletNotFound);
        await FinishAsync(Action.Abort, "c1");
    }

    public static TheoryData<string, Action<StartTabletJobRequest>> BadStarts => new()
    {
        { "no job", r => r.Job = null },
        { "no tablet", r => r.Job.Idx = null },
        { "no compaction", r => r.Job.Compaction.Clear() },
        { "two compactions", r => r.Job.Compaction.Add(r.Job.Compaction[0].Clone()) },
        { "both kinds", r => r.Job.SchemaChange = new TabletSchemaChangeJobPB { Id = "s" } },
        { "no id", r => r.Job.Compaction[0].Id = "" },
        { "no type", r => r.Job.Compaction[0].ClearType() },
        { "unknown type", r => r.Job.Compaction[0].Type = (CompactionType)99 },
        { "no counts", r => r.Job.Compaction[0].ClearBaseCompactionCnt() },
        { "least count", r => r.Job.Compaction[0].CumulativeCompactionCnt = long.MinValue },
        { "no expiration", r => r.Job.Compaction[0].ClearExpiration() },
        { "no lease", r => r.Job.Compaction[0].Lease = 0 },
        { "three versions", r => r.Job.Compaction[0].InputVersions.Add([1, 2, 3]) },
        { "inverted versions", r => r.Job.Compaction[0].InputVersions.Add([3, 2]) },
        { "range asked for but not given", r => r.Job.Compaction[0].CheckInputVersionsRange = true },
        { "least table_id", r => r.Job.Idx.TableId = long.MinValue },
        { "record over 100 kB", r => r.Job.Compaction[0].Initiator = new string('x', 100_001) },
    };

    [Theory]
    [MemberData(nameof(BadStarts))]
    public async Task A_malformed_start_is_refused(string what, Action<StartTabletJobRequest> spoil)
    {
        await _world.CreateAsync(50001);
        var request = TabletWorld.StartCompaction("j1");
        spoil(request);
        await TabletWorld.Refusal(() => _world.Jobs.StartTabletJobAsync(request, default), MetaServiceCode.InvalidArgument);
        Record().Should().BeNull(what);
    }

    [Fact]
    public async Task An_action_must_be_given()
    {
        await _world.CreateAsync(50001);
        await StartAsync("j1");
        await TabletWorld.Refusal(() => FinishAsync(Action.Unkonwn, "j1"), MetaServiceCode.InvalidArgument);
        await TabletWorld.Refusal(() => FinishAsync((Action)77, "j1"), MetaServiceCode.InvalidArgument);
        var request = TabletWorld.Finish(Action.Abort, "j1");
        request.Job.Compaction.Clear();
        await TabletWorld.Refusal(() => _world.Jobs.FinishTabletJobAsync(request, default), MetaServiceCode.InvalidArgument);
    }

    [Fact]
    public async Task Housekeeping_removes_what_has_passed()
    {
        var tablets = Enumerable.Range(50001, 450).Select(i => (long)i).ToArray();
        await _world.CreateAsync(tablets);
        foreach (var tablet in tablets)
        {
            await _world.Jobs.StartTabletJobAsync(TabletWorld.StartCompaction("j", tabletId: tablet), default);
        }

        (await _world.Expired.ClearAsync(TabletWorld.InstanceId, default)).Should().Be(0);
        _world.Time.Advance(TimeSpan.FromSeconds(601));
        (await _world.Expired.ClearAsync(TabletWorld.InstanceId, default)).Should().Be(450);
        Running().Should().BeEmpty();
    }

    private static CreateRowsetRequest Output(long start, long end)
    {
        var request = TabletWorld.Rowset("out", 77);
        request.RowsetMeta.StartVersion = start;
        request.RowsetMeta.EndVersion = end;
        return request;
    }

    private static FinishTabletJobRequest Commit(string id, CompactionType type)
    {
        var request = TabletWorld.Finish(Action.Commit, id);
        var compaction = request.Job.Compaction[0];
        compaction.Type = type;
        compaction.OutputCumulativePoint = 4;
        compaction.InputVersions.Add([2, 3]);
        compaction.OutputVersions.Add(3);
        compaction.OutputRowsetIds.Add("out");
        compaction.TxnId.Add(77);
        return request;
    }

    private Task StartAsync(string id, CompactionType type = CompactionType.Cumulative, long[]? versions = null) =>
        _world.Jobs.StartTabletJobAsync(TabletWorld.StartCompaction(id, type, versions), default);

    private Task FinishAsync(Action action, string id) =>
        _world.Jobs.FinishTabletJobAsync(TabletWorld.Finish(action, id), default);

    private TabletJobInfoPB? Record() => _world.Get(Key.JobTablet(TabletWorld.InstanceId, TabletWorld.Idx()));

    private IEnumerable<string> Running() => Record()?.Compaction.Select(c => c.Id) ?? [];
}
