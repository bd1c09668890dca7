using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;

namespace MetaService.UnitTests.Domain.Tablets;

public sealed class TabletServiceTests : IDisposable
{
    private readonly TabletWorld _world = new();

    public void Dispose() => _world.EnsureSound();

    [Fact]
    public async Task A_tablet_is_read_back_with_its_schema()
    {
        await _world.CreateAsync(50001, 50002);

        var meta = (await _world.Tablets.GetTabletAsync(Get(50002), default)).TabletMeta;

        meta.TabletId.Should().Be(50002);
        meta.RsMetas.Should().BeEmpty();
        meta.Schema.Column.Select(c => c.Type).Should().Equal("INT", "DECIMAL128I");
    }

    [Fact]
    public async Task A_tablet_that_is_there_already_is_left_alone()
    {
        await _world.CreateAsync(50001);
        var before = await _world.DumpAsync();
        await _world.CreateAsync(50001);
        (await _world.DumpAsync()).Should().BeEquivalentTo(before);
    }

    [Fact]
    public async Task The_id_of_another_tablet_is_refused_and_nothing_of_the_request_is_kept()
    {
        await _world.CreateAsync(50001);
        var before = await _world.DumpAsync();
        var request = TabletWorld.CreateTablets(50002, 50001);
        request.TabletMetas[1].Schema.SchemaVersion = 7;
        await TabletWorld.Refusal(() => _world.Tablets.CreateTabletsAsync(request, default), MetaServiceCode.AlreadyExisted);
        request.TabletMetas[1] = TabletWorld.Meta();
        request.TabletMetas[1].PartitionId = 40002;
        await TabletWorld.Refusal(() => _world.Tablets.CreateTabletsAsync(request, default), MetaServiceCode.AlreadyExisted);
        (await _world.DumpAsync()).Should().BeEquivalentTo(before);
    }

    [Fact]
    public async Task A_request_too_large_for_one_transaction_is_worked_off_in_several()
    {
        var ids = Enumerable.Range(1, 1201).Select(i => (long)i).ToArray();
        await _world.CreateAsync(ids);
        await _world.CreateAsync(ids);
        (await _world.Tablets.GetTabletAsync(Get(1201), default)).TabletMeta.TabletId.Should().Be(1201);
    }

    [Theory]
    [InlineData("1:nowhere:be", MetaServiceCode.ClusterNotFound)]
    [InlineData("1:dropped:be", MetaServiceCode.ClusterNotFound)]
    [InlineData("unregistered", MetaServiceCode.InvalidArgument)]
    [InlineData("", MetaServiceCode.InvalidArgument)]
    public async Task Nothing_is_stored_for_an_instance_that_is_not_there(string node, MetaServiceCode code)
    {
        var before = await _world.DumpAsync();
        var request = TabletWorld.CreateTablets(50001);
        request.CloudUniqueId = node;
        await TabletWorld.Refusal(() => _world.Tablets.CreateTabletsAsync(request, default), code);
        (await _world.DumpAsync()).Should().BeEquivalentTo(before);
    }

    public static TheoryData<string, Action<CreateTabletsRequest>> Spoiled => new()
    {
        { "no tablets", r => r.TabletMetas.Clear() },
        { "no db_id", r => r.ClearDbId() },
        { "no table_id", r => r.TabletMetas[0].ClearTableId() },
        { "negative index_id", r => r.TabletMetas[0].IndexId = -1 },
        { "least partition_id", r => r.TabletMetas[0].PartitionId = long.MinValue },
        { "tablet_id 0", r => r.TabletMetas[0].TabletId = 0 },
        { "no schema", r => r.TabletMetas[0].Schema = null },
        { "negative schema_version", r => r.TabletMetas[0].Schema.SchemaVersion = -1 },
        { "two rowsets", r => r.TabletMetas[0].RsMetas.Add(new RowsetMetaCloudPB { RowsetId = 0 }) },
        { "rowset without rowset_id", r => r.TabletMetas[0].RsMetas[0].ClearRowsetId() },
        { "least end_version", r => r.TabletMetas[0].RsMetas[0].EndVersion = long.MinValue },
        { "column without type", r => r.TabletMetas[0].Schema.Column[0].ClearType() },
        { "meta over 100 kB", r => r.TabletMetas[0].TableName = new string('x', 100_001) },
    };

    [Theory]
    [MemberData(nameof(Spoiled))]
    public async Task A_malformed_tablet_is_refused(string what, Action<CreateTabletsRequest> spoil)
    {
        var request = TabletWorld.CreateTablets(50001);
        spoil(request);
        (await TabletWorld.Refusal(() => _world.Tablets.CreateTabletsAsync(request, default), MetaServiceCode.InvalidArgument))
            .Message.Should().NotBeEmpty(what);
    }

    [Fact]
    public async Task Tablets_of_a_dropped_index_are_refused()
    {
        var drop = new IndexRequest { CloudUniqueId = TabletWorld.Node, IndexIds = { 30001 }, TableId = 20001 };
        await _world.Indexes.DropIndexAsync(drop, default);
        await TabletWorld.Refusal(() => _world.CreateAsync(50001), MetaServiceCode.TabletNotFound);
    }

    [Fact]
    public async Task A_vault_is_found_by_name_or_by_default()
    {
        var instance = new InstanceInfoPB { InstanceId = TabletWorld.InstanceId, EnableStorageVault = true };
        instance.ResourceIds.Add("7");
        instance.StorageVaultNames.Add("v7");
        _world.Put(Key.Instance(TabletWorld.InstanceId), instance);
        _world.Put(Key.StorageVault(TabletWorld.InstanceId, "7"), new StorageVaultPB { Id = "7", Name = "v7" });
        var request = TabletWorld.CreateTablets(50001);
        await TabletWorld.Refusal(() => _world.Tablets.CreateTabletsAsync(request, default), MetaServiceCode.InvalidArgument);

        request.StorageVaultName = "v7";
        var named = await _world.Tablets.CreateTabletsAsync(request, default);
        (named.StorageVaultId, named.StorageVaultName).Should().Be(("7", "v7"));
        request.StorageVaultName = "other";
        await TabletWorld.Refusal(() => _world.Tablets.CreateTabletsAsync(request, default), MetaServiceCode.InvalidArgument);

        instance.DefaultStorageVaultId = "7";
        instance.DefaultStorageVaultName = "v7";
        _world.Put(Key.Instance(TabletWorld.InstanceId), instance);
        request.ClearStorageVaultName();
        (await _world.Tablets.CreateTabletsAsync(request, default)).StorageVaultId.Should().Be("7");
    }

    [Fact]
    public async Task An_unknown_tablet_is_not_found()
    {
        await TabletWorld.Refusal(() => _world.Tablets.GetTabletAsync(Get(1), default), MetaServiceCode.TabletNotFound);
        await TabletWorld.Refusal(
            () => _world.Tablets.GetTabletAsync(Get(long.MinValue), default), MetaServiceCode.InvalidArgument);
    }

    [Fact]
    public async Task Properties_are_changed_for_all_tablets_or_none()
    {
        await _world.CreateAsync(50001);
        var request = new UpdateTabletRequest { CloudUniqueId = TabletWorld.Node };
        request.TabletMetaInfos.Add(new TabletMetaInfoPB { TabletId = 50001, TtlSeconds = 60, DisableAutoCompaction = true });
        request.TabletMetaInfos.Add(new TabletMetaInfoPB { TabletId = 50009, TtlSeconds = 60 });
        await TabletWorld.Refusal(() => _world.Tablets.UpdateTabletAsync(request, default), MetaServiceCode.TabletNotFound);
        (await _world.Tablets.GetTabletAsync(Get(50001), default)).TabletMeta.HasTtlSeconds.Should().BeFalse();

        request.TabletMetaInfos.RemoveAt(1);
        await _world.Tablets.UpdateTabletAsync(request, default);
        var meta = (await _world.Tablets.GetTabletAsync(Get(50001), default)).TabletMeta;
        meta.TtlSeconds.Should().Be(60);
        meta.Schema.DisableAutoCompaction.Should().BeTrue();
        meta.HasIsInMemory.Should().BeFalse();
    }

    private static GetTabletRequest Get(long tabletId) => new() { CloudUniqueId = TabletWorld.Node, TabletId = tabletId };
}
