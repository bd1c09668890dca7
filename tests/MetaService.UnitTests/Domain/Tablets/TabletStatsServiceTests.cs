using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using TabletIndexPB = MetaService.Records.Cloud.TabletIndexPB;

namespace MetaService.UnitTests.Domain.Tablets;

public sealed class TabletStatsServiceTests : IDisposable
{
    private readonly TabletWorld _world = new();

    public void Dispose() => _world.EnsureSound();

    [Fact]
    public async Task A_fresh_tablet_has_just_the_fields_that_the_document_shows()
    {
        await _world.CreateAsync(50001);
        var stats = await _world.StatsOfAsync();
        stats.Should().Be(new TabletStatsPB
        {
            Idx = TabletWorld.Idx(),
            DataSize = 0,
            NumRows = 0,
            NumRowsets = 1,
            NumSegments = 0,
            BaseCompactionCnt = 0,
            CumulativeCompactionCnt = 0,
            CumulativePoint = 2,
        });
    }

    [Fact]
    public async Task Loads_are_counted()
    {
        await _world.CreateAsync(50001);
        await _world.LoadAsync("a");
        await _world.LoadAsync("b");
        var stats = await _world.StatsOfAsync();
        (stats.DataSize, stats.NumRows, stats.NumRowsets, stats.NumSegments).Should().Be((2000, 200, 3, 2));
        stats.HasIndexSize.Should().BeFalse();
    }

    [Fact]
    public async Task Counters_below_zero_show_as_zero_and_are_put_right()
    {
        await _world.CreateAsync(50001);
        _world.Change(t => t.Add(Key.StatsTablet(TabletWorld.InstanceId, TabletWorld.Idx(), TabletCounter.NumRows), -5));
        (await _world.StatsOfAsync()).NumRows.Should().Be(0);

        (await _world.Stats.FixTabletStatsAsync("x1", null, 20001, 50001, default)).Should().ContainSingle();
        await _world.LoadAsync("a");
        (await _world.StatsOfAsync()).NumRows.Should().Be(100);
        (await _world.Stats.FixTabletStatsAsync("x1", null, 20001, 50001, default)).Should().BeEmpty();
    }

    [Fact]
    public async Task Unknown_tablets_and_wrong_ids_are_refused()
    {
        await _world.CreateAsync(50001);
        await TabletWorld.Refusal(() => GetAsync(), MetaServiceCode.InvalidArgument);
        await TabletWorld.Refusal(() => GetAsync(new TabletIndexPB()), MetaServiceCode.InvalidArgument);
        await TabletWorld.Refusal(
            () => GetAsync(new TabletIndexPB { TabletId = long.MinValue }), MetaServiceCode.InvalidArgument);
        await TabletWorld.Refusal(() => GetAsync(new TabletIndexPB { TabletId = 4 }), MetaServiceCode.TabletNotFound);
        await TabletWorld.Refusal(() => GetAsync(TabletWorld.Idx(), TabletWorld.Idx(4)), MetaServiceCode.TabletNotFound);
        await TabletWorld.Refusal(
            () => GetAsync(new TabletIndexPB { TabletId = 50001, TableId = 9 }), MetaServiceCode.InvalidArgument);
        await TabletWorld.Refusal(
            () => GetAsync(new TabletIndexPB { TabletId = 50001, TableId = -9 }), MetaServiceCode.InvalidArgument);
    }

    [Fact]
    public async Task Wrong_statistics_are_counted_anew_from_the_rowsets()
    {
        await _world.CreateAsync(50001, 50002);
        await _world.LoadAsync("a");
        var right = await _world.StatsOfAsync();
        _world.Change(t => t.Add(Key.StatsTablet(TabletWorld.InstanceId, TabletWorld.Idx(), TabletCounter.DataSize), 77));

        var corrected = await _world.Stats.FixTabletStatsAsync(null, TabletWorld.Node, 20001, null, default);

        corrected.Should().ContainSingle();
        corrected[0].Before.DataSize.Should().Be(1077);
        corrected[0].After.Should().Be(right);
        (await _world.StatsOfAsync()).Should().Be(right);
        (await _world.Stats.FixTabletStatsAsync(TabletWorld.InstanceId, null, 20001, 50001, default)).Should().BeEmpty();
        await _world.LoadAsync("b");
        (await _world.StatsOfAsync()).DataSize.Should().Be(2000);
    }

    [Fact]
    public async Task Repair_checks_what_it_is_given()
    {
        await _world.CreateAsync(50001);
        await TabletWorld.Refusal(() => FixAsync("dropped", 1, null), MetaServiceCode.ClusterNotFound);
        await TabletWorld.Refusal(() => FixAsync("x1", 0, null), MetaServiceCode.InvalidArgument);
        await TabletWorld.Refusal(() => FixAsync("x1", 20001, long.MinValue), MetaServiceCode.InvalidArgument);
        await TabletWorld.Refusal(() => FixAsync("x1", 20002, 50001), MetaServiceCode.TabletNotFound);

        Task FixAsync(string instanceId, long tableId, long? tabletId) =>
            _world.Stats.FixTabletStatsAsync(instanceId, null, tableId, tabletId, default);
    }

    private Task GetAsync(params TabletIndexPB[] tablets) => _world.Stats.GetTabletStatsAsync(
        new GetTabletStatsRequest { CloudUniqueId = TabletWorld.Node, TabletIdx = { tablets } }, default);
}
