using MetaService.Storage;

namespace MetaService.ReliabilityTests.Linearizability;

/// <summary>Servers to make calls to, and how what is on its way in their store is let happen.</summary>
internal sealed class Setup(IReadOnlyList<InProcessServer> servers, FaultyKvStore? store) : IAsyncDisposable
{
    public const string Memory = "memory";
    public const string RocksDb = "rocksdb";
    public const string TwoServers = "two servers";

    /// <summary>
    /// Few failures, so that not too many outcomes are unknown, and many pauses, in which others come in between.
    /// </summary>
    private static readonly FaultRates Rates = new()
    {
        Conflict = 0.02,
        TooOld = 0.01,
        Unavailable = 0.01,
        UnknownApplied = 0.02,
        UnknownNotApplied = 0.02,
        UnknownAppliedLater = 0.02,
        TimedOut = 0.01,
        Slow = 0.2,
        LongestPause = TimeSpan.FromMilliseconds(2),
    };

    public IReadOnlyList<InProcessServer> Servers => servers;

    /// <summary>How many failures the store had.</summary>
    public int Faults => store?.InjectedFaults ?? 0;

    /// <param name="mistake">A mistake to put in; not on RocksDB.</param>
    public static async Task<Setup> StartAsync(string name, int seed, Mistake? mistake = null)
    {
        if (name == RocksDb)
        {
            return new Setup([await InProcessServer.StartAsync("rocksdb", o => o.Housekeeping.Enabled = false)], store: null);
        }

        var inner = new InMemoryKvStore(TimeProvider.System);
        var store = new FaultyKvStore(Mistake.Below(mistake, inner), seed, Rates);
        var servers = new List<InProcessServer>();
        for (var i = 0; i < (name == TwoServers ? 2 : 1); i++)
        {
            // A server does not start on a store that it cannot read: the failures begin when it is there.
            var place = new SwitchableStore(inner);
            servers.Add(await InProcessServer.StartOnAsync(place, options =>
            {
                options.Housekeeping.Enabled = false;
                options.Transactions.Deadline = TimeSpan.FromMilliseconds(40);
                options.Transactions.MaxBackoff = TimeSpan.FromMilliseconds(4);
            }));
            place.Current = Mistake.Above(mistake, store);
        }

        return new Setup(servers, store);
    }

    public Task SettleAsync() => store?.LandAsync(all: true) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }

        if (store is not null)
        {
            await store.DisposeAsync();
        }
    }
}
