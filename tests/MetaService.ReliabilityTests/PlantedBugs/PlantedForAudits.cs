using MetaService.ReliabilityTests.Kills;
using MetaService.Storage;

namespace MetaService.ReliabilityTests.PlantedBugs;

/// <summary>
/// Mistakes that the audit of acknowledged writes finds. The server runs in this process; what a kill leaves is a copy of its
/// files.
/// </summary>
public sealed class PlantedForAudits : IDisposable
{
    private const int WritesPerRound = 100;

    private readonly StoreDirectory _directory = new();
    private readonly WriteLoad _load = new(Effort.FirstSeed);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_audit_finds_that_commits_are_acknowledged_before_they_are_synced()
    {
        var synced = "";
        await using (var server = await StartAsync(_directory.Open()))
        {
            await WriteAsync(server);
            synced = _directory.CopyAsAfterKill("synced");
            await WriteAsync(server); // Acknowledged, and not on the disk that is left.
        }

        Planted.ShouldBeFound(await AuditAsync(synced));
    }

    [Fact]
    public async Task An_audit_finds_nothing_when_everything_is_synced()
    {
        var synced = "";
        await using (var server = await StartAsync(_directory.Open()))
        {
            await WriteAsync(server);
            await WriteAsync(server);
            synced = _directory.CopyAsAfterKill("synced");
        }

        (await AuditAsync(synced)).Should().BeNull();
    }

    [Theory]
    [InlineData(nameof(BadStores.LostIndexWrites))]
    [InlineData(nameof(BadStores.LostCommits))]
    [InlineData(nameof(BadStores.TornCommits))]
    public async Task An_audit_finds(string mistake)
    {
        string? problem;
        await using (var server = await StartAsync(Planted.Get(mistake).Put(_directory.Open())))
        {
            problem = await ProblemAsync(() => WriteAsync(server));
        }

        Planted.ShouldBeFound(problem ?? await AuditAsync(_directory.Path));
    }

    [Fact]
    public async Task The_records_show_that_index_writes_were_lost()
    {
        await using (var server = await StartAsync(BadStores.LostIndexWrites.Put(_directory.Open())))
        {
            await WriteAsync(server);
        }

        await using var store = _directory.Open();
        Planted.ShouldBeFound(await StoredRecords.ProblemAsync(store));
    }

    private static Task<InProcessServer> StartAsync(IKvStore store) =>
        InProcessServer.StartOnAsync(store, options => options.Housekeeping.Enabled = false);

    /// <summary>Writes until some writes were acknowledged, or a server answers what it should not.</summary>
    private async Task WriteAsync(InProcessServer server)
    {
        var enough = _load.Acknowledged + WritesPerRound;
        using var stop = new CancellationTokenSource();
        var writers = _load.RunAsync(server.Api, server.Address, stop.Token);
        while (_load.Acknowledged < enough && !writers.IsCompleted)
        {
            await Task.Delay(5);
        }

        await stop.CancelAsync();
        await writers;
    }

    private async Task<string?> AuditAsync(string directory)
    {
        await using var server = await StartAsync(StoreDirectory.Open(directory));
        return await ProblemAsync(() => _load.AuditAsync(server.Api, server.Address, all: true));
    }

    private static async Task<string?> ProblemAsync(Func<Task> action)
    {
        try
        {
            await action();
            return null;
        }
        catch (AuditException e)
        {
            return e.Message;
        }
    }
}
