using MetaService.Domain;
using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.UnitTests.Domain.Jobs;

public sealed class MemoryCompactionRaceTests : CompactionRaceTests
{
    protected override IKvStore OpenStore() => new InMemoryKvStore(TimeProvider.System);
}

public sealed class RocksDbCompactionRaceTests : CompactionRaceTests, IDisposable
{
    private readonly StoreDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    protected override IKvStore OpenStore() => _directory.Open();
}

/// <summary>Compactions of one tablet that start at the same time.</summary>
public abstract class CompactionRaceTests
{
    private const int Rounds = 300;
    private const int Rivals = 8;

    protected abstract IKvStore OpenStore();

    [Fact]
    public async Task Of_many_that_start_at_once_exactly_one_wins()
    {
        await using var store = OpenStore();
        var world = new TabletWorld(store);
        await world.CreateAsync(50001);
        for (var round = 0; round < Rounds; round++)
        {
            var ids = Enumerable.Range(0, Rivals).Select(i => $"r{round}-{i}").ToList();
            var won = await Task.WhenAll(ids.Select(id => Task.Run(() => TryStartAsync(world, id))));
            var winners = ids.Where((_, i) => won[i]).ToList();
            winners.Should().ContainSingle();
            world.Get(Key.JobTablet(TabletWorld.InstanceId, TabletWorld.Idx()))!.Compaction.Select(c => c.Id).Should().Equal(winners);
            await world.Jobs.FinishTabletJobAsync(
                TabletWorld.Finish(FinishTabletJobRequest.Types.Action.Abort, winners[0]), default);
        }
    }

    private static async Task<bool> TryStartAsync(TabletWorld world, string id)
    {
        try
        {
            await world.Jobs.StartTabletJobAsync(TabletWorld.StartCompaction(id), default);
            return true;
        }
        catch (MetaServiceException e) when (e.Code == MetaServiceCode.JobTabletBusy)
        {
            return false;
        }
    }
}
