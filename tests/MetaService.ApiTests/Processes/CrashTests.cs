using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using MetaService.Server.Settings;

namespace MetaService.ApiTests.Processes;

/// <summary>What was acknowledged is there after the server was killed, and what is there is whole.</summary>
public sealed class CrashTests
{
    private const int Connections = 32;

    /// <summary>How often to kill: <c>METASERVICE_TEST_KILLS</c>, for long runs.</summary>
    private static readonly int Kills = int.Parse(
        Environment.GetEnvironmentVariable("METASERVICE_TEST_KILLS") ?? "3", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Nothing_acknowledged_is_lost_by_a_kill()
    {
        using var data = new TemporaryDirectory();
        var acknowledged = new ConcurrentBag<string>();
        var listed = new HashSet<string>();
        for (var round = 0; round < Kills; round++)
        {
            await using (var server = await ServerProcess.StartAsync(data.Path))
            {
                listed = await ShouldHoldAsync(server.Api, acknowledged, listed);
                await CreateUntilAsync(server, acknowledged, round, server.KillAsync);
            }
        }

        await using (var last = await ServerProcess.StartAsync(data.Path))
        {
            await ShouldHoldAsync(last.Api, acknowledged, listed);
            (await last.TerminateAsync()).Should().Be(0);
        }

        var verified = await CommandLine.RunAsync(TestCluster.SettingsOf(data.Path), "store", "verify", "--data", data.Path);
        verified.ExitCode.Should().Be(0, verified.Output + verified.Errors);
    }

    [Fact]
    public async Task A_stop_answers_what_is_under_way_and_loses_nothing()
    {
        using var data = new TemporaryDirectory();
        var acknowledged = new ConcurrentBag<string>();
        await using (var server = await ServerProcess.StartAsync(data.Path))
        {
            await CreateUntilAsync(server, acknowledged, 0, async () =>
            {
                var started = Stopwatch.GetTimestamp();
                (await server.TerminateAsync()).Should().Be(0);
                Stopwatch.GetElapsedTime(started).Should().BeLessThan(
                    TimeSpan.FromSeconds(new ServerOptions().ShutdownSeconds / 2.0),
                    "it waits for requests, not for its deadline");
            });
            server.Log.Should().NotContain(line => line.Contains("\"@l\":\"Error\"", StringComparison.Ordinal));
        }

        await using var again = await ServerProcess.StartAsync(data.Path);
        await ShouldHoldAsync(again.Api, acknowledged, []);
    }

    /// <summary>
    /// Creates instances on many connections for a second or until there are some, ends the server meanwhile and notes what it
    /// acknowledged.
    /// </summary>
    private static async Task CreateUntilAsync(
        ServerProcess server, ConcurrentBag<string> acknowledged, int round, Func<Task> end)
    {
        var enough = acknowledged.Count + (4 * Connections);
        var writers = Enumerable.Range(0, Connections).Select(async connection =>
        {
            for (var n = 0; ; n++)
            {
                var id = $"k{round}-{connection}-{n}";
                try
                {
                    (await server.Api.PutAsync("create_instance", Sample.VaultInstance(id))).ShouldBeOk();
                    acknowledged.Add(id);
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    return; // The server is gone; whether this instance was created is not known.
                }
            }
        }).ToList();
        await Task.Delay(TimeSpan.FromSeconds(1));
        for (var wait = 0; wait < 600 && acknowledged.Count < enough; wait++)
        {
            await Task.Delay(50);
        }

        acknowledged.Count.Should().BeGreaterThanOrEqualTo(enough, "a round with few writes proves little");
        await end();
        await Task.WhenAll(writers);
    }

    /// <summary>Checks the instances and returns the ids of all that are there.</summary>
    private static async Task<HashSet<string>> ShouldHoldAsync(
        ApiClient api, IReadOnlyCollection<string> acknowledged, HashSet<string> before)
    {
        var found = new HashSet<string>();
        string? page = "";
        while (page is not null)
        {
            var result = (await api.GetAsync("list_instances", ("limit", "1000"), ("page_token", page))).ShouldBeOk().Result;
            found.UnionWith((result["instances"]?.AsArray() ?? []).Select(i => (string)i!["instance_id"]!));
            page = (string?)result["next_page_token"];
        }

        acknowledged.Except(found).Should().BeEmpty();
        before.Except(found).Should().BeEmpty("what was there before a kill is there after it");

        // Those that were not acknowledged may be there, but never without their vault.
        var doubtful = found.Except(acknowledged).Concat(acknowledged.Take(50));
        foreach (var id in doubtful)
        {
            var info = await api.PutAsync("get_obj_store_info", $$"""{"cloud_unique_id": "1:{{id}}:x"}""");
            info.ShouldBeOk().Result["storage_vault"]!.AsArray().Should().ContainSingle();
        }

        return found;
    }
}
