using CsCheck;
using Google.Protobuf;
using MetaService.Domain;
using MetaService.Records.Cloud;
using MetaService.TestKit.Json;

namespace MetaService.UnitTests.Domain;

/// <summary>Whatever a request holds, it is carried out or refused with a code: no other error comes out.</summary>
public sealed class AnyRequestTests : IDisposable
{
    private readonly TabletWorld _world = new();

    public void Dispose() => _world.EnsureSound();

    [Theory]
    [InlineData(nameof(CreateTabletsRequest))]
    [InlineData(nameof(UpdateTabletRequest))]
    [InlineData(nameof(GetTabletRequest))]
    [InlineData(nameof(GetTabletStatsRequest))]
    [InlineData(nameof(CreateRowsetRequest))]
    [InlineData(nameof(GetRowsetRequest))]
    [InlineData(nameof(GetSchemaDictRequest))]
    [InlineData(nameof(IndexRequest))]
    [InlineData(nameof(PartitionRequest))]
    [InlineData(nameof(GetVersionRequest))]
    [InlineData(nameof(StartTabletJobRequest))]
    [InlineData(nameof(FinishTabletJobRequest))]
    [InlineData(nameof(GetDeleteBitmapUpdateLockRequest))]
    [InlineData(nameof(RemoveDeleteBitmapUpdateLockRequest))]
    [InlineData(nameof(UpdateDeleteBitmapRequest))]
    [InlineData(nameof(GetDeleteBitmapRequest))]
    [InlineData(nameof(RemoveDeleteBitmapRequest))]
    [InlineData(nameof(CreateStageRequest))]
    [InlineData(nameof(GetStageRequest))]
    [InlineData(nameof(DropStageRequest))]
    public async Task Is_carried_out_or_refused(string type)
    {
        // Random numbers are often 1: with such a tablet some requests get far.
        var tablet = TabletWorld.CreateTablets(1);
        (tablet.TabletMetas[0].TableId, tablet.TabletMetas[0].IndexId, tablet.TabletMetas[0].PartitionId) = (1, 1, 1);
        await _world.Tablets.CreateTabletsAsync(tablet, default);
        var descriptor = CloudReflection.Descriptor.MessageTypes.Single(m => m.Name == type);

        await Gen.Int.SampleAsync(
            async seed =>
            {
                var request = RandomMessages.Fill(descriptor, new Random(seed), depth: 0);
                descriptor.FindFieldByName("cloud_unique_id").Accessor.SetValue(request, TabletWorld.Node);
                foreach (var call in Calls(request))
                {
                    await CallAsync(call);
                }
            },
            iter: 300);
    }

    private static async Task CallAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (MetaServiceException e)
        {
            e.Code.Should().NotBe(MetaServiceCode.Ok);
        }
    }

    private IEnumerable<Func<Task>> Calls(IMessage request) => request switch
    {
        CreateTabletsRequest r => [() => _world.Tablets.CreateTabletsAsync(r, default)],
        UpdateTabletRequest r => [() => _world.Tablets.UpdateTabletAsync(r, default)],
        GetTabletRequest r => [() => _world.Tablets.GetTabletAsync(r, default)],
        GetTabletStatsRequest r => [() => _world.Stats.GetTabletStatsAsync(r, default)],
        CreateRowsetRequest r =>
        [
            () => _world.Rowsets.PrepareRowsetAsync(r, default),
            () => _world.Rowsets.CommitRowsetAsync(r, default),
            () => _world.Rowsets.UpdateTmpRowsetAsync(r, default),
        ],
        GetRowsetRequest r => [() => _world.RowsetReads.GetRowsetAsync(r, default)],
        GetSchemaDictRequest r => [() => _world.RowsetReads.GetSchemaDictAsync(r, default)],
        IndexRequest r =>
        [
            () => _world.Indexes.PrepareIndexAsync(r, default),
            () => _world.Indexes.CommitIndexAsync(r, default),
            () => _world.Indexes.DropIndexAsync(r, default),
        ],
        PartitionRequest r =>
        [
            () => _world.Partitions.PreparePartitionAsync(r, default),
            () => _world.Partitions.CommitPartitionAsync(r, default),
            () => _world.Partitions.DropPartitionAsync(r, default),
        ],
        GetVersionRequest r => [() => _world.Versions.GetVersionAsync(r, default)],
        StartTabletJobRequest r => [() => _world.Jobs.StartTabletJobAsync(r, default)],
        FinishTabletJobRequest r => [() => _world.Jobs.FinishTabletJobAsync(r, default)],
        GetDeleteBitmapUpdateLockRequest r => [() => _world.Locks.GetDeleteBitmapUpdateLockAsync(r, default)],
        RemoveDeleteBitmapUpdateLockRequest r => [() => _world.Locks.RemoveDeleteBitmapUpdateLockAsync(r, default)],
        UpdateDeleteBitmapRequest r => [() => _world.Bitmaps.UpdateDeleteBitmapAsync(r, default)],
        GetDeleteBitmapRequest r => [() => _world.Bitmaps.GetDeleteBitmapAsync(r, default)],
        RemoveDeleteBitmapRequest r => [() => _world.Bitmaps.RemoveDeleteBitmapAsync(r, default)],
        CreateStageRequest r => [() => _world.Stages.CreateStageAsync(r, default)],
        GetStageRequest r => [() => _world.Stages.GetStageAsync(r, default)],
        DropStageRequest r => [() => _world.Stages.DropStageAsync(r, default)],
        _ => throw new NotSupportedException(request.Descriptor.Name),
    };
}
