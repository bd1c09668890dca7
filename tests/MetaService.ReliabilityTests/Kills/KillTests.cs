using System.Diagnostics;

namespace MetaService.ReliabilityTests.Kills;

/// <summary>
/// A server that is killed again and again in the middle of writes, and while it starts, loses nothing that it has acknowledged,
/// and nothing is there by half.
/// </summary>
public sealed class KillTests
{
    private const int Kills = 4;

    /// <summary>A round goes on until it has so many writes: one with few proves little.</summary>
    private const int WritesPerRound = 500;

    [Fact]
    public Task Nothing_acknowledged_is_lost_by_kills() => Effort.WithSeedAsync(Effort.FirstSeed, () => RunAsync(Effort.FirstSeed));

    private static async Task RunAsync(int seed)
    {
        var random = new Random(seed);
        using var data = new TemporaryDirectory();
        var load = new WriteLoad(seed);
        var (kills, killedStarts) = (0, 0);
        var start = TimeSpan.Zero;
        while (kills < Effort.Times(Kills))
        {
            for (; start > TimeSpan.Zero && random.Next(3) == 0; kills++)
            {
                var after = start * (0.3 + (random.NextDouble() * 0.8));
                killedStarts += await ServerProcess.StartAndKillAsync(data.Path, after) ? 0 : 1;
            }

            var started = Stopwatch.GetTimestamp();
            await using var server = await ServerProcess.StartAsync(data.Path, onDirectory: true);
            start = Stopwatch.GetElapsedTime(started);
            await load.AuditAsync(server.Api, server.Http.BaseAddress!, all: false);
            await WriteUntilKilledAsync(server, load, random);
            kills++;
        }

        await using (var last = await ServerProcess.StartAsync(data.Path, onDirectory: true))
        {
            await load.AuditAsync(last.Api, last.Http.BaseAddress!, all: true);
            (await last.TerminateAsync()).Should().Be(0);
        }

        await using var store = StoreDirectory.Open(data.Path);
        (await StoredRecords.ProblemAsync(store)).Should().BeNull();
        Figures.Add("kills survived", kills);
        Figures.Add("kills during a start", killedStarts);
        Figures.Add("acknowledged writes audited", load.Acknowledged);
    }

    private static async Task WriteUntilKilledAsync(ServerProcess server, WriteLoad load, Random random)
    {
        var enough = load.Acknowledged + WritesPerRound;
        using var never = new CancellationTokenSource();
        var writers = load.RunAsync(server.Api, server.Http.BaseAddress!, never.Token);
        while (load.Acknowledged < enough)
        {
            writers.IsCompleted.Should().BeFalse("the server is there");
            await Task.Delay(10);
        }

        await Task.Delay(random.Next(100));
        await server.KillAsync();
        await writers;
    }
}
