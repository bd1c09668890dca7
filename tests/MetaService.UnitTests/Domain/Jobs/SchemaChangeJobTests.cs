using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using Action = MetaService.Records.Cloud.FinishTabletJobRequest.Types.Action;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.UnitTests.Domain.Jobs;

public sealed class SchemaChangeJobTests : IAsyncLifetime
{
    private const long OldTablet = 50001;
    private const long NewTablet = 60001;

    private readonly TabletWorld _world = new();

    public async Task InitializeAsync()
    {
        await _world.CreateAsync(OldTablet);
        var request = TabletWorld.CreateTablets(NewTablet);
        request.TabletMetas[0].IndexId = 30002;
        request.TabletMetas[0].TabletState = TabletStatePB.PbNotready;
        await _world.Tablets.CreateTabletsAsync(request, default);
        await _world.LoadAsync("a");
        await _world.LoadAsync("b");
    }

    public Task DisposeAsync()
    {
        _world.EnsureSound();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_committed_change_fills_the_new_tablet_and_puts_it_into_service()
    {
        await StartAsync("s1", alterVersion: 3);
        await WriteOutputAsync("o2", 71, 2, 2);
        await WriteOutputAsync("o3", 72, 3, 3);

        var response = await FinishAsync(Action.Commit, "s1");

        response.AlterVersion.Should().Be(3);
        (response.Stats.NumRowsets, response.Stats.NumRows, response.Stats.CumulativePoint).Should().Be((3, 200, 4));
        response.Stats.Should().Be(await _world.StatsOfAsync(NewTablet));
        (await MetaAsync()).TabletState.Should().Be(TabletStatePB.PbRunning);
        _world.Get(Key.MetaRowset("x1", NewTablet, 3))!.RowsetIdV2.Should().Be("o3");
        Jobs(OldTablet)!.SchemaChange.Should().BeNull();
        Jobs(NewTablet)!.SchemaChange.Should().BeNull();
        (await _world.Stats.FixTabletStatsAsync("x1", null, 20001, null, default)).Should().BeEmpty("the statistics are right");
        await TabletWorld.Refusal(() => FinishAsync(Action.Commit, "s1"), MetaServiceCode.JobAlreadySuccess);
        await TabletWorld.Refusal(() => StartAsync("s1"), MetaServiceCode.JobAlreadySuccess);
    }

    [Fact]
    public async Task Rows_loaded_into_the_new_tablet_meanwhile_give_way_to_the_converted_ones()
    {
        var early = TabletWorld.Rowset("early", 5, NewTablet).RowsetMeta;
        (early.StartVersion, early.EndVersion) = (3, 3);
        _world.Put(Key.MetaRowset("x1", NewTablet, 3), early);
        await _world.Stats.FixTabletStatsAsync("x1", null, 20001, NewTablet, default);
        await StartAsync("s1", alterVersion: 3);
        await StartCompactionAsync("k1", 2, 3);
        await StartCompactionAsync("k2", 4, 5);
        await WriteOutputAsync("o2", 71, 2, 2);
        await WriteOutputAsync("o3", 72, 3, 3);

        await FinishAsync(Action.Commit, "s1");

        _world.Get(Key.RecycleRowset("x1", NewTablet, "early"))!.Type.Should().Be(RecycleRowsetPB.Types.Type.Drop);
        Jobs(NewTablet)!.Compaction.Select(c => c.Id).Should().Equal("k2");
        (await _world.StatsOfAsync(NewTablet)).NumRows.Should().Be(200);
    }

    [Fact]
    public async Task The_same_job_can_start_again_and_learns_its_version()
    {
        await StartAsync("s1");
        (await StartAsync("s1", alterVersion: 3)).AlterVersion.Should().Be(3);
        (await StartAsync("s1", alterVersion: 9)).AlterVersion.Should().Be(3);
        await StartAsync("s2", alterVersion: 4);
        Jobs(OldTablet)!.SchemaChange.Id.Should().Be("s2");
    }

    [Fact]
    public async Task Neither_tablet_is_compacted_across_the_version()
    {
        await StartAsync("s1", alterVersion: 3);
        foreach (var tablet in new[] { TabletWorld.Idx(), NewIdx })
        {
            var request = TabletWorld.StartCompaction("c1", versions: [2, 4]);
            request.Job.Idx = tablet;
            var refusal = await TabletWorld.Refusal(
                () => _world.Jobs.StartTabletJobAsync(request, default), MetaServiceCode.JobCheckAlterVersion);
            ((StartTabletJobResponse)refusal.PartialResponse!).AlterVersion.Should().Be(3);
        }

        await _world.Jobs.StartTabletJobAsync(TabletWorld.StartCompaction("c1", versions: [2, 3]), default);
        await _world.Jobs.StartTabletJobAsync(TabletWorld.StartCompaction("c2", versions: [4, 5]), default);
    }

    [Fact]
    public async Task An_aborted_change_leaves_the_new_tablet_unready()
    {
        await StartAsync("s1", alterVersion: 3);
        await FinishAsync(Action.Abort, "s1");
        Jobs(OldTablet)!.SchemaChange.Should().BeNull();
        (await MetaAsync()).TabletState.Should().Be(TabletStatePB.PbNotready);
        await TabletWorld.Refusal(() => FinishAsync(Action.Abort, "s1"), MetaServiceCode.InvalidArgument);
    }

    public static TheoryData<string, MetaServiceCode, Action<TabletSchemaChangeJobPB>> BadStarts => new()
    {
        { "no id", MetaServiceCode.InvalidArgument, c => c.Id = "" },
        { "no initiator", MetaServiceCode.InvalidArgument, c => c.Initiator = "" },
        { "no new tablet", MetaServiceCode.InvalidArgument, c => c.NewTabletIdx = null },
        { "the tablet itself", MetaServiceCode.InvalidArgument, c => c.NewTabletIdx = TabletWorld.Idx() },
        { "unknown new tablet", MetaServiceCode.TabletNotFound, c => c.NewTabletIdx = TabletWorld.Idx(9) },
        { "least alter_version", MetaServiceCode.InvalidArgument, c => c.AlterVersion = long.MinValue },
        { "negative expiration", MetaServiceCode.InvalidArgument, c => c.Expiration = -1 },
    };

    [Theory]
    [MemberData(nameof(BadStarts))]
    public async Task A_malformed_start_is_refused(string what, MetaServiceCode code, Action<TabletSchemaChangeJobPB> spoil)
    {
        var change = Change("s1", 3);
        spoil(change);
        await TabletWorld.Refusal(() => _world.Jobs.StartTabletJobAsync(Start(change), default), code);
        Jobs(OldTablet).Should().BeNull(what);
    }

    public static TheoryData<string, Action<FinishTabletJobRequest>> BadResults => new()
    {
        { "lease", r => r.Action = Action.Lease },
        { "other id", r => r.Job.SchemaChange.Id = "s9" },
        { "other initiator", r => r.Job.SchemaChange.Initiator = "other" },
        { "other new tablet", r => r.Job.SchemaChange.NewTabletIdx = TabletWorld.Idx(9) },
        { "other version", r => r.Job.SchemaChange.AlterVersion = 4 },
        { "fewer versions", r => r.Job.SchemaChange.OutputVersions.RemoveAt(0) },
        { "not all rowsets", r =>
            {
                r.Job.SchemaChange.OutputVersions.RemoveAt(0);
                r.Job.SchemaChange.TxnIds.RemoveAt(0);
            }
        },
        { "unknown transaction", r => r.Job.SchemaChange.TxnIds[0] = 99 },
        { "least transaction", r => r.Job.SchemaChange.TxnIds[0] = long.MinValue },
        { "negative point", r => r.Job.SchemaChange.OutputCumulativePoint = -1 },
    };

    [Theory]
    [MemberData(nameof(BadResults))]
    public async Task Results_that_do_not_fit_change_nothing(string what, Action<FinishTabletJobRequest> spoil)
    {
        await StartAsync("s1", alterVersion: 3);
        await WriteOutputAsync("o2", 71, 2, 2);
        await WriteOutputAsync("o3", 72, 3, 3);
        var before = await _world.DumpAsync();
        var request = Finish(Action.Commit, "s1");
        spoil(request);
        await TabletWorld.Refusal(() => _world.Jobs.FinishTabletJobAsync(request, default), MetaServiceCode.InvalidArgument);
        (await _world.DumpAsync()).Should().BeEquivalentTo(before, what);
    }

    [Fact]
    public async Task An_expired_change_cannot_be_committed_and_is_cleaned_up()
    {
        await StartAsync("s1", alterVersion: 3);
        _world.Time.Advance(TimeSpan.FromHours(2));
        await TabletWorld.Refusal(() => FinishAsync(Action.Commit, "s1"), MetaServiceCode.JobExpired);
        (await _world.Expired.ClearAsync("x1", default)).Should().Be(2);
    }

    private static TabletIndexPB NewIdx => new() { TableId = 20001, IndexId = 30002, PartitionId = 40001, TabletId = NewTablet };

    private static TabletSchemaChangeJobPB Change(string id, long? alterVersion)
    {
        var change = new TabletSchemaChangeJobPB
        {
            Id = id,
            Initiator = "be",
            Expiration = TabletWorld.Start + 3600,
            NewTabletIdx = NewIdx,
        };
        if (alterVersion is { } version)
        {
            change.AlterVersion = version;
        }

        return change;
    }

    private static StartTabletJobRequest Start(TabletSchemaChangeJobPB change) =>
        new() { CloudUniqueId = TabletWorld.Node, Job = new TabletJobInfoPB { Idx = TabletWorld.Idx(), SchemaChange = change } };

    private static FinishTabletJobRequest Finish(Action action, string id)
    {
        var change = Change(id, 3);
        change.OutputCumulativePoint = 4;
        change.TxnIds.Add([71, 72]);
        change.OutputVersions.Add([2, 3]);
        return new()
        {
            CloudUniqueId = TabletWorld.Node,
            Action = action,
            Job = new TabletJobInfoPB { Idx = TabletWorld.Idx(), SchemaChange = change },
        };
    }

    private Task<StartTabletJobResponse> StartAsync(string id, long? alterVersion = null) =>
        _world.Jobs.StartTabletJobAsync(Start(Change(id, alterVersion)), default);

    private Task<FinishTabletJobResponse> FinishAsync(Action action, string id) =>
        _world.Jobs.FinishTabletJobAsync(Finish(action, id), default);

    private Task StartCompactionAsync(string id, long start, long end)
    {
        var request = TabletWorld.StartCompaction(id, versions: [start, end]);
        request.Job.Idx = NewIdx;
        return _world.Jobs.StartTabletJobAsync(request, default);
    }

    private Task WriteOutputAsync(string rowsetId, long txnId, long start, long end)
    {
        var request = TabletWorld.Rowset(rowsetId, txnId, NewTablet);
        (request.RowsetMeta.StartVersion, request.RowsetMeta.EndVersion) = (start, end);
        return _world.WriteRowsetAsync(request);
    }

    private async Task<TabletMetaCloudPB> MetaAsync() => (await _world.Tablets.GetTabletAsync(
        new GetTabletRequest { CloudUniqueId = TabletWorld.Node, TabletId = NewTablet }, default)).TabletMeta;

    private TabletJobInfoPB? Jobs(long tabletId) =>
        _world.Get(Key.JobTablet("x1", tabletId == NewTablet ? NewIdx : TabletWorld.Idx()));
}
