using System.Collections.Concurrent;
using System.Globalization;
using MetaService.ReliabilityTests.Linearizability;

namespace MetaService.ReliabilityTests.Kills;

/// <summary>
/// Many writers on one server, round after round, with a note of each write, and the audit of what a server shows against these
/// notes.
/// </summary>
internal sealed class WriteLoad(int seed)
{
    private const int Writers = 16;
    private const int WritesPerTrack = 20;

    /// <summary>Of how many rounds the loads are looked at after each; of all at the end.</summary>
    private const int RoundsOfLoads = 5;

    private readonly ConcurrentDictionary<string, Track> _tracks = new();
    private readonly ConcurrentQueue<(int Round, LoadTrack Track)> _loads = new();
    private readonly ConcurrentDictionary<string, int> _rounds = new();
    private int _round;

    /// <summary>How many writes were acknowledged.</summary>
    public int Acknowledged => _tracks.Values.Sum(t => t.Acknowledged) + _loads.Sum(l => l.Track.Acknowledged);

    /// <summary>Writes until it is told to stop or nothing is acknowledged any more.</summary>
    public async Task RunAsync(ApiClient api, Uri address, CancellationToken stop)
    {
        _round++;
        var loads = NewTrack("load");
        var hasLoads = await loads.WriteAsync(api, Create(loads));
        var load = new LoadTrack(loads.Id);
        if (hasLoads)
        {
            _loads.Enqueue((_round, load));
        }

        var writers = Enumerable.Range(0, Writers)
            .Select(writer => Task.Run(() => WriteAsync(api, writer, stop), CancellationToken.None));
        await Task.WhenAll(writers.Append(hasLoads ? load.RunAsync(address, stop) : Task.CompletedTask));
    }

    /// <summary>Requires that everything that was acknowledged is there, and nothing that was not asked for.</summary>
    /// <param name="all">Whether all is read in full; else what the last rounds wrote, and of the rest that it is there.</param>
    /// <exception cref="AuditException">It is not so.</exception>
    public async Task AuditAsync(ApiClient api, Uri address, bool all)
    {
        var listed = await ListAsync(api);
        await Parallel.ForEachAsync(
            _tracks.Values.Where(t => all || t.IsDoubtful || _rounds[t.Id] == _round),
            new ParallelOptions { MaxDegreeOfParallelism = Writers },
            async (track, _) => await track.AuditAsync(api, thorough: all));
        foreach (var (round, track) in _loads.Where(l => all || l.Round > _round - RoundsOfLoads))
        {
            await track.AuditAsync(address, thorough: all || round == _round);
        }

        var expected = _tracks.Values.Where(t => t.Exists).Select(t => t.Id).ToHashSet();
        if (!expected.SetEquals(listed))
        {
            var (lost, extra) = (expected.Except(listed).Take(5), listed.Except(expected).Take(5));
            throw new AuditException($"lost: {string.Join(' ', lost)}; never created: {string.Join(' ', extra)}");
        }
    }

    private static async Task<HashSet<string>> ListAsync(ApiClient api)
    {
        var found = new HashSet<string>();
        for (string? page = ""; page is not null;)
        {
            var result = (await api.GetAsync("list_instances", ("limit", "1000"), ("page_token", page))).ShouldBeOk().Result;
            found.UnionWith((result["instances"]?.AsArray() ?? []).Select(i => (string)i!["instance_id"]!));
            page = (string?)result["next_page_token"];
        }

        return found;
    }

    private async Task WriteAsync(ApiClient api, int writer, CancellationToken stop)
    {
        var random = new Random((seed * 1009) + (_round * Writers) + writer);
        for (var n = 0; ; n++)
        {
            var track = NewTrack($"{writer}-{n}");
            foreach (var call in Script(track, random))
            {
                if (stop.IsCancellationRequested || !await track.WriteAsync(api, call))
                {
                    return;
                }
            }
        }
    }

    /// <summary>Writes that are all granted: an instance and its cluster, then nodes and changes of both.</summary>
    private static IEnumerable<Call> Script(Track track, Random random)
    {
        yield return Create(track);
        yield return new Call(Endpoint.AddCluster, track.Id, "c", "c0", Node(0));
        var status = ApiModel.FirstStatus;
        for (var n = 1; n < WritesPerTrack; n++)
        {
            switch (random.Next(8))
            {
                case 0:
                    yield return new Call(Endpoint.RenameInstance, track.Id, Name: $"name{n}");
                    break;
                case 1:
                    yield return new Call(Endpoint.RenameCluster, track.Id, "c", $"c{n}");
                    break;
                case 2:
                    status = status == ApiModel.FirstStatus ? "SUSPENDED" : ApiModel.FirstStatus;
                    yield return new Call(Endpoint.SetClusterStatus, track.Id, "c", status);
                    break;
                default:
                    yield return new Call(Endpoint.AddNode, track.Id, "c", Node: Node(n));
                    break;
            }
        }

        string Node(int n) => string.Create(CultureInfo.InvariantCulture, $"{track.Id}-node{n}");
    }

    private static Call Create(Track track) => new(Endpoint.CreateInstance, track.Id, Name: "new");

    private Track NewTrack(string name)
    {
        var track = new Track(string.Create(CultureInfo.InvariantCulture, $"r{_round}-{name}"));
        _rounds[track.Id] = _round;
        return _tracks.GetOrAdd(track.Id, track);
    }
}
