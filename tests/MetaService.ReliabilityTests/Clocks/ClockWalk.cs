using System.Globalization;
using Grpc.Net.Client;
using MetaService.Records.Cloud;
using MetaService.Storage;
using MetaService.TestKit.Rpc;
using Client = MetaService.Records.Cloud.MetaService.MetaServiceClient;

namespace MetaService.ReliabilityTests.Clocks;

/// <summary>A server whose clock is set forth and back by hours while transactions begin and commit.</summary>
internal sealed class ClockWalk(Func<TimeProvider, IKvStore> open, int seed)
{
    private const string InstanceId = "walk";
    private const int StepsPerStart = 5;
    private static readonly long[] Tablets = [1];

    private readonly Random _random = new(seed);
    private readonly SettableClock _clock = new(DateTimeOffset.UtcNow);
    private readonly RisingIds _txnIds = new("the transaction id");
    private readonly RisingIds _versions = new("the version");
    private int _visible;

    public int Transactions => _txnIds.Count;

    /// <summary>
    /// Starts a server again and again on what the last one left, and sets the clock before each few transactions.
    /// </summary>
    /// <exception cref="InvalidOperationException">An id or a version did not rise.</exception>
    public async Task RunAsync(int starts)
    {
        for (var start = 0; start < starts; start++)
        {
            Step();
            await using var server = await InProcessServer.StartOnAsync(
                open(_clock), options => options.Housekeeping.Enabled = false, _clock);
            using var channel = GrpcChannel.ForAddress(server.Address);
            var load = new LoadClient(new Client(channel), InstanceId);
            if (start == 0)
            {
                (await server.Api.PutAsync("create_instance", Sample.VaultInstance(InstanceId))).ShouldBeOk();
                await load.CreateTabletsAsync(Tablets);
            }

            for (var step = 0; step < StepsPerStart; step++)
            {
                var when = string.Create(
                    CultureInfo.InvariantCulture, $"in step {step} of start {start}, the clock at {_clock.Now:u}");
                await LoadAsync(load, server.Store, $"{start}-{step}", when);
                Step();
            }
        }
    }

    /// <summary>Two transactions, the one that began first being committed last.</summary>
    private async Task LoadAsync(LoadClient load, IKvStore store, string label, string when)
    {
        var first = await BeginAsync(load, $"{label}-first", when);
        var second = await BeginAsync(load, $"{label}-second", when);
        foreach (var txnId in new[] { second, first })
        {
            await load.AddRowsetAsync(txnId, Tablets[0], rows: 1);
            (await load.CommitAsync(txnId)).Should().Be(++_visible + 1, "versions of a partition go up by one, {0}", when);
            using var reader = store.BeginRead();
            _versions.Add(await reader.GetReadVersionAsync(), when);
        }

        (await load.TxnAsync(first)).Status.Should().Be(TxnStatusPB.TxnStatusVisible);
    }

    private async Task<long> BeginAsync(LoadClient load, string label, string when)
    {
        var txnId = await load.BeginAsync(label);
        _txnIds.Add(txnId, when);
        return txnId;
    }

    /// <summary>Sets the clock by up to a day, forth or back.</summary>
    private void Step() => _clock.Now += TimeSpan.FromHours((_random.NextDouble() * 48) - 24);
}
