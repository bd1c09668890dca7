using MetaService.Keys;
using MetaService.Records.Cloud;

namespace MetaService.UnitTests.Domain.Partitions;

public sealed class PartitionServiceTests : IDisposable
{
    private readonly TabletWorld _world = new();

    public void Dispose() => _world.EnsureSound();

    [Fact]
    public async Task An_index_is_prepared_committed_and_dropped()
    {
        var request = Index();
        await _world.Indexes.PrepareIndexAsync(request, default);
        await _world.Indexes.PrepareIndexAsync(request, default);
        await _world.Indexes.CommitIndexAsync(request, default);
        (await TableVersionAsync()).Should().Be(1);
        await TabletWorld.Refusal(() => _world.Indexes.CommitIndexAsync(request, default), MetaServiceCode.InvalidArgument);
        await _world.CreateAsync(50001);
        await _world.Indexes.CommitIndexAsync(request, default);
        (await TableVersionAsync()).Should().Be(1, "a repeated commit changes nothing");
        await TabletWorld.Refusal(() => _world.Indexes.PrepareIndexAsync(request, default), MetaServiceCode.AlreadyExisted);
        await _world.Indexes.DropIndexAsync(request, default);
        await _world.Indexes.DropIndexAsync(request, default);
        _world.Get(Key.RecycleIndex("x1", 30001))!.State.Should().Be(RecycleIndexPB.Types.State.Dropped);
        await TabletWorld.Refusal(() => _world.Indexes.CommitIndexAsync(request, default), MetaServiceCode.InvalidArgument);
    }

    [Fact]
    public async Task A_partition_is_prepared_committed_and_dropped()
    {
        var request = Partition();
        await _world.Partitions.PreparePartitionAsync(request, default);
        await _world.Partitions.PreparePartitionAsync(request, default);
        await _world.Partitions.CommitPartitionAsync(request, default);
        (await TableVersionAsync()).Should().Be(1);
        await TabletWorld.Refusal(
            () => _world.Partitions.CommitPartitionAsync(request, default), MetaServiceCode.InvalidArgument);
        await _world.CreateAsync(50001);
        await _world.Partitions.CommitPartitionAsync(request, default);
        (await TableVersionAsync()).Should().Be(1, "a repeated commit changes nothing");
        await TabletWorld.Refusal(
            () => _world.Partitions.PreparePartitionAsync(request, default), MetaServiceCode.AlreadyExisted);
        request.NeedUpdateTableVersion = true;
        await _world.Partitions.DropPartitionAsync(request, default);
        await _world.Partitions.DropPartitionAsync(request, default);
        (await TableVersionAsync()).Should().Be(2);
        await TabletWorld.Refusal(
            () => _world.Partitions.CommitPartitionAsync(request, default), MetaServiceCode.InvalidArgument);
        _world.Get(Key.RecyclePartition("x1", 40001))!.State.Should().Be(RecyclePartitionPB.Types.State.Dropped);
    }

    [Fact]
    public async Task A_dropped_one_cannot_be_prepared_again_and_an_unknown_state_is_refused()
    {
        await _world.Indexes.DropIndexAsync(Index(), default);
        await _world.Partitions.DropPartitionAsync(Partition(), default);
        await TabletWorld.Refusal(() => _world.Indexes.PrepareIndexAsync(Index(), default), MetaServiceCode.InvalidArgument);
        await TabletWorld.Refusal(
            () => _world.Partitions.PreparePartitionAsync(Partition(), default), MetaServiceCode.InvalidArgument);
        _world.Put(Key.RecycleIndex("x1", 30001), new RecycleIndexPB());
        _world.Put(Key.RecyclePartition("x1", 40001), new RecyclePartitionPB());
        await TabletWorld.Refusal(() => _world.Indexes.DropIndexAsync(Index(), default), MetaServiceCode.InvalidArgument);
        await TabletWorld.Refusal(
            () => _world.Partitions.DropPartitionAsync(Partition(), default), MetaServiceCode.InvalidArgument);
    }

    [Fact]
    public async Task A_partition_may_start_at_a_version_of_its_own()
    {
        var request = Partition();
        request.PartitionIds.Add(40002);
        request.PartitionVersions.Add([7, 1]);
        await _world.Partitions.PreparePartitionAsync(request, default);
        _world.Get(Key.PartitionVersion("x1", 10001, 20001, 40001))!.Version.Should().Be(7);
        _world.Get(Key.PartitionVersion("x1", 10001, 20001, 40002)).Should().BeNull();
    }

    public static TheoryData<string, Action<PartitionRequest>> Spoiled => new()
    {
        { "no partitions", r => r.PartitionIds.Clear() },
        { "least partition", r => r.PartitionIds[0] = long.MinValue },
        { "no indexes", r => r.IndexIds.Clear() },
        { "index 0", r => r.IndexIds[0] = 0 },
        { "no table", r => r.ClearTableId() },
        { "negative db", r => r.DbId = -1 },
        { "negative expiration", r => r.Expiration = -1 },
        { "too many versions", r => r.PartitionVersions.Add([2, 3]) },
        { "version 0", r => r.PartitionVersions.Add(0) },
    };

    [Theory]
    [MemberData(nameof(Spoiled))]
    public async Task A_malformed_request_is_refused(string what, Action<PartitionRequest> spoil)
    {
        var request = Partition();
        spoil(request);
        (await TabletWorld.Refusal(
            () => _world.Partitions.PreparePartitionAsync(request, default), MetaServiceCode.InvalidArgument))
            .Message.Should().NotBeEmpty(what);
    }

    [Fact]
    public async Task A_malformed_index_request_is_refused()
    {
        var request = Index();
        request.ClearDbId();
        await TabletWorld.Refusal(() => _world.Indexes.CommitIndexAsync(request, default), MetaServiceCode.InvalidArgument);
        request.IndexIds[0] = long.MinValue;
        await TabletWorld.Refusal(() => _world.Indexes.PrepareIndexAsync(request, default), MetaServiceCode.InvalidArgument);
        request.IndexIds.Clear();
        await TabletWorld.Refusal(() => _world.Indexes.DropIndexAsync(request, default), MetaServiceCode.InvalidArgument);
    }

    private static IndexRequest Index() =>
        new() { CloudUniqueId = TabletWorld.Node, IndexIds = { 30001 }, TableId = 20001, DbId = 10001, IsNewTable = true };

    private static PartitionRequest Partition() =>
        new() { CloudUniqueId = TabletWorld.Node, PartitionIds = { 40001 }, IndexIds = { 30001 }, TableId = 20001, DbId = 10001 };

    private async Task<long> TableVersionAsync() => (await _world.Versions.GetVersionAsync(
        new GetVersionRequest { CloudUniqueId = TabletWorld.Node, DbId = 10001, TableId = 20001, IsTableVersion = true },
        default)).Version;
}
