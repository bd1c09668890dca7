using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;
using Action = MetaService.Records.Cloud.FinishTabletJobRequest.Types.Action;

namespace MetaService.UnitTests.Domain.Rowsets;

public sealed class RowsetServiceTests : IAsyncLifetime
{
    private readonly TabletWorld _world = new();

    public Task InitializeAsync() => _world.CreateAsync(50001);

    public Task DisposeAsync()
    {
        _world.EnsureSound();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_rowset_is_prepared_then_committed_and_both_can_be_repeated()
    {
        var request = TabletWorld.Rowset("rs1", 7);
        await PrepareAsync(request);
        await PrepareAsync(request);
        _world.Get(Key.RecycleRowset("x1", 50001, "rs1"))!.Type.Should().Be(RecycleRowsetPB.Types.Type.Prepare);
        await CommitAsync(request);
        await CommitAsync(request);
        _world.Get(Key.RecycleRowset("x1", 50001, "rs1")).Should().BeNull();
        _world.Get(Key.MetaRowsetTmp("x1", 7, 50001))!.RowsetIdV2.Should().Be("rs1");
    }

    [Fact]
    public async Task A_second_rowset_of_a_transaction_is_refused_with_the_first()
    {
        await _world.WriteRowsetAsync(TabletWorld.Rowset("rs1", 7));
        foreach (var call in new Func<CreateRowsetRequest, Task>[] { PrepareAsync, CommitAsync })
        {
            var refusal = await TabletWorld.Refusal(() => call(TabletWorld.Rowset("rs2", 7)), MetaServiceCode.AlreadyExisted);
            var existing = ((CreateRowsetResponse)refusal.PartialResponse!).ExistedRowsetMeta;
            existing.RowsetIdV2.Should().Be("rs1");
            existing.TabletSchema.Column.Should().HaveCount(2);
        }
    }

    [Fact]
    public async Task Only_deletes_by_predicate_need_no_preparation()
    {
        var request = TabletWorld.Rowset("rs1", 7);
        await TabletWorld.Refusal(() => CommitAsync(request), MetaServiceCode.InvalidArgument);
        request.RowsetMeta.DeletePredicate = new DeletePredicatePB { Version = 1 };
        await CommitAsync(request);
    }

    [Fact]
    public async Task A_rowset_that_the_recycler_has_taken_is_lost()
    {
        var request = TabletWorld.Rowset("rs1", 7);
        await PrepareAsync(request);
        var key = Key.RecycleRowset("x1", 50001, "rs1");
        var taken = _world.Get(key)!;
        taken.RowsetMeta.IsRecycled = true;
        _world.Put(key, taken);
        await TabletWorld.Refusal(() => CommitAsync(request), MetaServiceCode.InvalidArgument);
    }

    [Fact]
    public async Task A_rowset_of_a_job_that_is_gone_is_stale()
    {
        var request = TabletWorld.Rowset("rs1", 7);
        request.TabletJobId = "j1";
        await TabletWorld.Refusal(() => PrepareAsync(request), MetaServiceCode.StalePrepareRowset);
        await _world.Jobs.StartTabletJobAsync(TabletWorld.StartCompaction("j1"), default);
        await PrepareAsync(request);
        await _world.Jobs.FinishTabletJobAsync(TabletWorld.Finish(Action.Abort, "j1"), default);
        await TabletWorld.Refusal(() => CommitAsync(request), MetaServiceCode.StalePrepareRowset);
    }

    [Fact]
    public async Task A_load_writes_only_while_its_transaction_is_prepared()
    {
        var request = TabletWorld.Rowset("rs1", 999);
        request.RowsetMeta.LoadId = new PUniqueId { Hi = 1, Lo = 2 };
        await TabletWorld.Refusal(() => PrepareAsync(request), MetaServiceCode.TxnIdNotFound);
        request.RowsetMeta.TxnId = await _world.BeginAsync("l");
        await PrepareAsync(request);
        await _world.Txns.AbortTxnAsync(
            new AbortTxnRequest { CloudUniqueId = TabletWorld.Node, TxnId = request.RowsetMeta.TxnId });
        await TabletWorld.Refusal(() => CommitAsync(request), MetaServiceCode.TxnInvalidStatus);
    }

    [Fact]
    public async Task A_committed_rowset_can_be_replaced_by_a_later_state_of_itself()
    {
        var request = TabletWorld.Rowset("rs1", 7);
        await TabletWorld.Refusal(() => UpdateAsync(request), MetaServiceCode.RowsetMetaNotFound);
        await _world.WriteRowsetAsync(request);
        request.RowsetMeta.NumSegments = 2;
        request.RowsetMeta.ClearSchemaVersion();
        await UpdateAsync(request);
        var stored = _world.Get(Key.MetaRowsetTmp("x1", 7, 50001))!;
        (stored.NumSegments, stored.HasSchemaVersion).Should().Be((2, true));
        await TabletWorld.Refusal(() => UpdateAsync(TabletWorld.Rowset("rs2", 7)), MetaServiceCode.InvalidArgument);
    }

    [Fact]
    public async Task A_schema_that_a_rowset_carries_is_stored_once_beside_it()
    {
        var request = TabletWorld.Rowset("rs1", 7);
        request.RowsetMeta.ClearIndexId();
        request.RowsetMeta.TabletSchema = new TabletSchemaCloudPB { SchemaVersion = 3 };
        await _world.WriteRowsetAsync(request);
        var stored = _world.Get(Key.MetaRowsetTmp("x1", 7, 50001))!;
        stored.TabletSchema.Should().BeNull();
        (stored.SchemaVersion, stored.IndexId).Should().Be((3, 30001L));
    }

    public static TheoryData<string, MetaServiceCode, Action<CreateRowsetRequest>> Spoiled => new()
    {
        { "no rowset", MetaServiceCode.InvalidArgument, r => r.RowsetMeta = null },
        { "no rowset_id", MetaServiceCode.InvalidArgument, r => r.RowsetMeta.ClearRowsetId() },
        { "no rowset_id_v2", MetaServiceCode.InvalidArgument, r => r.RowsetMeta.RowsetIdV2 = "" },
        { "no transaction", MetaServiceCode.InvalidArgument, r => r.RowsetMeta.ClearTxnId() },
        { "least transaction", MetaServiceCode.InvalidArgument, r => r.RowsetMeta.TxnId = long.MinValue },
        { "least version", MetaServiceCode.InvalidArgument, r => r.RowsetMeta.EndVersion = long.MinValue },
        { "negative rows", MetaServiceCode.InvalidArgument, r => r.RowsetMeta.NumRows = -1 },
        { "no schema", MetaServiceCode.InvalidArgument, r => r.RowsetMeta.ClearSchemaVersion() },
        { "over 100 kB", MetaServiceCode.InvalidArgument, r => r.RowsetMeta.ResourceId = new string('x', 100_001) },
        { "tablet unknown", MetaServiceCode.TabletNotFound, r => r.RowsetMeta.TabletId = 9 },
        { "instance unknown", MetaServiceCode.ClusterNotFound, r => r.CloudUniqueId = "1:nowhere:be" },
        { "instance dropped", MetaServiceCode.ClusterNotFound, r => r.CloudUniqueId = "1:dropped:be" },
    };

    [Theory]
    [MemberData(nameof(Spoiled))]
    public async Task A_malformed_rowset_is_refused(string what, MetaServiceCode code, Action<CreateRowsetRequest> spoil)
    {
        var before = await _world.DumpAsync();
        var request = TabletWorld.Rowset("rs1", 7);
        spoil(request);
        await TabletWorld.Refusal(() => PrepareAsync(request), code);
        await TabletWorld.Refusal(() => CommitAsync(request), code);
        (await _world.DumpAsync()).Should().BeEquivalentTo(before, what);
    }

    private Task PrepareAsync(CreateRowsetRequest request) => _world.Rowsets.PrepareRowsetAsync(request, default);

    private Task CommitAsync(CreateRowsetRequest request) => _world.Rowsets.CommitRowsetAsync(request, default);

    private Task UpdateAsync(CreateRowsetRequest request) => _world.Rowsets.UpdateTmpRowsetAsync(request, default);
}
