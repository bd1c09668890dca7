using System.Globalization;
using System.Runtime.Versioning;
using MetaService.Keys;
using Xunit.Abstractions;

namespace MetaService.ApiTests.Canary;

/// <summary>No ak, no sk and no token is ever where it must not be.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class CanaryTests(ITestOutputHelper output)
{
    [Fact]
    public async Task No_secret_gets_out_of_a_server_and_its_commands_and_into_its_files()
    {
        var targets = await CanaryTargets.ReadAsync();
        await using var server = new CanaryServer("Debug");
        await server.StartAsync();
        var successes = new CanarySuccesses(server, targets);
        var instances = await successes.RunAsync();
        await new CanaryFailures(server, targets).RunAsync(instances);
        await CanaryConversations.RunAsync(server);
        CanaryFiles.SearchFiles(server.Watch, Path.Combine(server.Data, "db"));
        await server.StopAsync();
        CanaryFiles.SearchFiles(server.Watch, server.Data);
        await CanaryFiles.SearchStoreAsync(server.Watch, server.Data);

        var commands = new CanaryCommands(server);
        await commands.ReplaceKeyAsync(() => new CanarySuccesses(server, targets).LookAsync(instances[0]));
        CanaryFiles.SearchFiles(server.Watch, server.Data);
        await CanaryFiles.SearchStoreAsync(server.Watch, server.Data);
        await commands.CopyAsync();
        await commands.VerifyAsync(instances);
        await commands.RefusedStartsAsync();
        Report(server, targets);

        server.Watch.ShouldBeSilent();
        successes.Refused.Should().BeEmpty();
        ShouldHaveCalledAll(server.Calls, targets);
        ShouldHaveLookedAtTheRightThings(server.Watch);
    }

    [Fact]
    public async Task No_secret_gets_out_at_the_usual_log_level()
    {
        var targets = await CanaryTargets.ReadAsync();
        await using var server = new CanaryServer("Information");
        await server.StartAsync();
        await new CanaryFailures(server, targets).RunAsync([]);
        await server.StopAsync();
        server.Watch.ShouldBeSilent();
        server.Process.Log.Count.Should().BeGreaterThan(server.Calls.Count);
    }

    private static void ShouldHaveCalledAll(CanaryCalls calls, CanaryTargets targets)
    {
        var endpoints = targets.Http.Select(t => t.Name).Where(name => !name.StartsWith("rpc/", StringComparison.Ordinal)).ToList();
        endpoints.Should().HaveCountGreaterThan(40);
        endpoints.Except(calls.Ended(succeeded: true)).Should().BeEmpty("each endpoint can succeed");
        targets.Http.Select(t => t.Name).Except(calls.Ended(succeeded: false)).Should().BeEmpty("each endpoint and JSON RPC can fail");
        targets.Rpcs.Select(r => "grpc/" + r.Name).Except(calls.Ended(succeeded: false)).Should().BeEmpty("each RPC can fail");
    }

    /// <summary>What may show a canary did, so that the search looks where they are.</summary>
    private static void ShouldHaveLookedAtTheRightThings(CanaryWatch watch)
    {
        watch.Seen(CanaryKind.Secret, CanaryChannel.ShownSecrets).Should().BeEquivalentTo(
            [.. CanaryHandler.Shows, "grpc/get_instance", "grpc/get_obj_store_info", "grpc/get_iam", "grpc/get_stage"]);
        watch.Seen(CanaryKind.Conf, CanaryChannel.ShownSecrets).Should().Contain(["get_obj_store_info", "get_stage"]);
        watch.Seen(CanaryKind.Conf, CanaryChannel.Data).Should().Contain(["StorageVaultKey", "InstanceKey", ".log"]);
        watch.Seen(CanaryKind.Name, CanaryChannel.Audit).Should().Contain(["audit", KeySpace.Audit.Name]);
        watch.Seen(CanaryKind.Name, CanaryChannel.Reply).Should().Contain(["get_value", "list_instances", "rename_cluster"]);
        watch.Seen(CanaryKind.InstanceId, CanaryChannel.Log).Should().Contain("the log");
        watch.Seen(CanaryKind.InstanceId, CanaryChannel.Exception).Should().NotBeEmpty();
        watch.Seen(CanaryKind.InstanceId, CanaryChannel.Command).Should().Contain(["store verify", "decode-key"]);
        watch.Seen(CanaryKind.Path, CanaryChannel.Event).Should().NotBeEmpty();
        watch.Bytes.Keys.Should().BeEquivalentTo(Enum.GetValues<CanaryChannel>());
    }

    private void Report(CanaryServer server, CanaryTargets targets)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{targets.Http.Count - targets.Rpcs.Count} endpoints, {targets.Rpcs.Count} RPCs, {server.Calls.Count} calls, "
            + $"{server.Book.Count} canaries"));
        foreach (var (channel, bytes) in server.Watch.Bytes.OrderBy(b => b.Key))
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{channel}: {bytes} bytes searched"));
        }
    }
}
