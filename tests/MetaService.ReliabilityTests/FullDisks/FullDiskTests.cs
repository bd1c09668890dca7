using MetaService.ReliabilityTests.Faults;
using MetaService.ReliabilityTests.Kills;

namespace MetaService.ReliabilityTests.FullDisks;

/// <summary>A server whose disk fills up under writes.</summary>
public sealed class FullDiskTests
{
    private const int FreeAtFirst = 400_000;

    /// <summary>
    /// When a write fails the store stops, since nobody knows what is on disk: from then on reads are refused like writes, until
    /// there is space and the server is started again.
    /// </summary>
    [SmallDiskTheory]
    [InlineData("killed")]
    [InlineData("stopped")]
    public Task Nothing_acknowledged_is_lost_when_the_disk_fills_up(string end) =>
        Effort.WithSeedAsync(Effort.FirstSeed, () => RunAsync(end, Effort.FirstSeed));

    private static async Task RunAsync(string end, int seed)
    {
        using var disk = new SmallDisk();
        var load = new WriteLoad(seed);
        using var never = new CancellationTokenSource();
        await using (var server = await ServerProcess.StartAsync(disk.Data, onDirectory: true))
        {
            disk.Fill(FreeAtFirst);
            await load.RunAsync(server.Api, server.Http.BaseAddress!, never.Token);
            load.Acknowledged.Should().BePositive("there was space at first");

            await ShouldRefuseAsync(server.Api);
            if (end == "killed")
            {
                await server.KillAsync();
            }
            else
            {
                (await server.TerminateAsync()).Should().Be(0);
            }
        }

        disk.Fill(0);
        var refused = await CommandLine.RunAsync("serve", "--listen", "127.0.0.1:0", "--data", disk.Data);
        refused.ExitCode.Should().Be(1, "there is no space at all");
        refused.Errors.Should().StartWith("metaservice: ").And.NotContain("   at ");

        disk.Free();
        await using var again = await ServerProcess.StartAsync(disk.Data, onDirectory: true);
        await load.AuditAsync(again.Api, again.Http.BaseAddress!, all: true);
        (await again.Api.PutAsync("create_instance", Sample.VaultInstance("after"))).ShouldBeOk();
        Figures.Add("acknowledged writes audited", load.Acknowledged);
        Figures.Add("full disks survived", 1);
    }

    private static async Task ShouldRefuseAsync(ApiClient api)
    {
        var replies = new[]
        {
            await api.PutAsync("create_instance", Sample.VaultInstance("refused")),
            await api.GetAsync("get_instance", ("instance_id", "refused")),
            await api.PutAsync("abort_txn", """{"cloud_unique_id": "1:refused:fe", "txn_id": 1}"""),
        };
        foreach (var reply in replies)
        {
            reply.Status.Should().Be(503);
            CleanFailure.Judge(reply).Should().BeNull();
            CleanFailure.PromisesNoChange(reply).Should().BeTrue();
        }

        (await api.SendAsync(HttpMethod.Get, "/health/live")).Status.Should().Be(200);
        var ready = await api.SendAsync(HttpMethod.Get, "/health/ready");
        ready.Status.Should().Be(503);
        ready.Text.Should().Contain("must be restarted");
    }
}
