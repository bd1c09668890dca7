using MetaService.Server.Settings;

namespace MetaService.ReliabilityTests.Linearizability;

/// <summary>Several clients that call servers at once, and the history of their calls.</summary>
internal sealed class ConcurrentRun(IReadOnlyList<InProcessServer> servers, int seed) : IDisposable
{
    private const int Clients = 6;

    /// <summary>How often a client drops its connection while it waits.</summary>
    private const double DropRate = 0.01;
    private const double LongestPatienceMs = 4;

    private readonly SocketsHttpHandler _connections = new();
    private readonly Workload _workload = new($"s{seed}");
    private long _events;
    private int _calls;

    public void Dispose() => _connections.Dispose();

    /// <summary>Makes so many calls, then reads everything, and returns what came of them.</summary>
    /// <param name="settle">Lets happen what is still on its way, before the last reads.</param>
    public async Task<IReadOnlyList<Entry>> RunAsync(int calls, Func<Task> settle)
    {
        var entries = await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(() => WorkAsync(client, calls))));
        await settle();
        var last = new List<Entry>();
        foreach (var call in _workload.LastReads(calls))
        {
            Entry? entry = null;
            while (entry?.IsKnown != true)
            {
                entry = await CallAsync(Clients, servers[0].Api, call);
            }

            last.Add(entry);
        }

        return [.. entries.SelectMany(e => e), .. last];
    }

    /// <summary>Judges each world of a history by itself; returns the first problem, or null.</summary>
    public static string? Check(IEnumerable<Entry> history) =>
        history.GroupBy(e => Workload.WorldOf(e.Call))
            .Select(world => LinearizabilityChecker.Check(world).Problem)
            .FirstOrDefault(problem => problem is not null);

    private async Task<List<Entry>> WorkAsync(int client, int calls)
    {
        var random = new Random((seed * (Clients + 1)) + client);
        var entries = new List<Entry>();
        for (int position; (position = Interlocked.Increment(ref _calls) - 1) < calls;)
        {
            var call = _workload.Next(random, position);
            var server = servers[random.Next(servers.Count)];
            var isDropped = random.NextDouble() < DropRate;
            var patience = TimeSpan.FromMilliseconds(0.1 + (random.NextDouble() * LongestPatienceMs));
            using var http = isDropped ? Impatient(server, patience) : null;
            var api = http is null ? server.Api : new ApiClient(http, ServerOptions.DocumentToken);
            if (await CallAsync(client, api, call) is { } entry)
            {
                entries.Add(entry);
            }
        }

        return entries;
    }

    /// <summary>A client that drops its connection after a while.</summary>
    private HttpClient Impatient(InProcessServer server, TimeSpan patience) =>
        new(_connections, disposeHandler: false) { BaseAddress = server.Address, Timeout = patience };

    /// <summary>The call and its outcome; null when it is as if it had not been made.</summary>
    private async Task<Entry?> CallAsync(int client, ApiClient api, Call call)
    {
        var invoked = Interlocked.Increment(ref _events);
        var answer = await ApiCaller.SendAsync(api, call);
        var returned = answer is null ? Entry.Never : Interlocked.Increment(ref _events);
        return answer == ApiCaller.Refused ? null : new Entry(client, call, invoked, returned, answer);
    }
}
