using Grpc.Net.Client;
using MetaService.Records.Cloud;
using MetaService.Storage;
using MetaService.TestKit.Rpc;
using Client = MetaService.Records.Cloud.MetaService.MetaServiceClient;

namespace MetaService.ReliabilityTests.Clocks;

/// <summary>
/// Timeouts of loads go by the clock: set forth, it ends what has run out by it, and set back, it gives more time. Either way a
/// load is visible wholly or not at all, and what has ended stays so.
/// </summary>
public sealed class TimeoutTests
{
    private const string InstanceId = "timeouts";
    private static readonly long[] Tablets = [1];

    [Theory]
    [InlineData(-30, TxnStatusPB.TxnStatusVisible)]
    [InlineData(30, TxnStatusPB.TxnStatusAborted)]
    public async Task A_load_under_way_ends_as_the_clock_says_and_others_go_on(int hours, TxnStatusPB status)
    {
        var clock = new SettableClock(DateTimeOffset.UtcNow);
        await using var server = await InProcessServer.StartOnAsync(
            new InMemoryKvStore(clock), o => o.Housekeeping.Interval = TimeSpan.FromMilliseconds(20), clock);
        using var channel = GrpcChannel.ForAddress(server.Address);
        var load = new LoadClient(new Client(channel), InstanceId);
        (await server.Api.PutAsync("create_instance", Sample.VaultInstance(InstanceId))).ShouldBeOk();
        await load.CreateTabletsAsync(Tablets);
        (await load.LoadAsync("before", Tablets, rows: 1)).Should().Be(2);
        var underWay = await load.BeginAsync("under way");
        await load.AddRowsetAsync(underWay, Tablets[0], rows: 1);

        clock.Now += TimeSpan.FromHours(hours);
        if (status == TxnStatusPB.TxnStatusVisible)
        {
            (await load.CommitAsync(underWay)).Should().Be(3);
        }
        else
        {
            await HousekeepingAsync(load, underWay);
            await FluentActions.Awaiting(() => load.CommitAsync(underWay)).Should().ThrowAsync<Exception>("it was aborted");
        }

        (await load.TxnAsync(underWay)).Status.Should().Be(status);
        var next = status == TxnStatusPB.TxnStatusVisible ? 4 : 3;
        (await load.LoadAsync("after", Tablets, rows: 1)).Should().Be(next);
        clock.Now -= TimeSpan.FromHours(hours);
        (await load.LoadAsync("again", Tablets, rows: 1)).Should().Be(next + 1);
        (await load.StatsAsync(Tablets[0])).NumRows.Should().Be(next);
    }

    /// <summary>Waits until the housekeeping has found a transaction that has timed out.</summary>
    private static async Task HousekeepingAsync(LoadClient load, long txnId)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await load.TxnAsync(txnId)).Status == TxnStatusPB.TxnStatusPrepared)
        {
            await Task.Delay(10, deadline.Token);
        }
    }
}
