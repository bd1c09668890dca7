using System.Diagnostics;
using Google.Protobuf;
using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Storage;
using MetaService.Storage.RocksDb;

namespace MetaService.ApiTests.Processes;

/// <summary><c>metaservice store copy</c> as an operator runs it.</summary>
public sealed class StoreCopyTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();

    private string Source => Path.Combine(_root.Path, "source");

    private string Target => Path.Combine(_root.Path, "target");

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task A_copy_serves_what_the_original_served()
    {
        await using (var server = await ServerProcess.StartAsync(Source, onDirectory: true))
        {
            (await server.Api.PutAsync("create_instance", Sample.VaultInstance("moved"))).ShouldBeOk();
            (await server.Api.PutAsync("add_cluster", Sample.Compute("moved", "c", Sample.Node("node")))).ShouldBeOk();

            var inUse = await CopyAsync();
            inUse.ExitCode.Should().Be(1);
            inUse.Errors.Should().Contain($"in use by process {server.Id}");
            (await server.TerminateAsync()).Should().Be(0);
        }

        var copied = await CopyAsync();
        copied.ExitCode.Should().Be(0, copied.Errors);
        copied.Output.Should().MatchRegex(
            "^copied and verified 6 pairs, [0-9,]+ bytes\nchecksum sha256:[0-9a-f]{64}\n"
            + "the target needs the keys of the source, key 1: .+\n$");
        copied.Output.Should().Contain($" {Path.Combine(Target, "secrets.key")}, ");

        var withoutKeys = await CommandLine.RunAsync("serve", "--listen", "127.0.0.1:0", "--data", Target);
        (withoutKeys.ExitCode, File.Exists(Path.Combine(Target, "secrets.key"))).Should().Be((1, false));
        withoutKeys.Errors.Should().Contain("secrets of this store are sealed with key 1");
        File.Copy(Path.Combine(Source, "secrets.key"), Path.Combine(Target, "secrets.key"));
        await using var again = await ServerProcess.StartAsync(Target, onDirectory: true);
        var cluster = await again.Api.PutAsync("get_cluster", """{"cloud_unique_id": "node", "cluster_id": "c"}""");
        ((string?)cluster.ShouldBeOk().Result["cluster_name"]).Should().Be("c");
        var info = await again.Api.PutAsync("get_obj_store_info", """{"cloud_unique_id": "node"}""");
        ((string?)info.ShouldBeOk().Result["storage_vault"]![0]!["obj_info"]!["sk"]).Should().Be("vault-sk");
    }

    [Fact]
    public async Task A_copy_that_was_killed_is_not_served_and_goes_on_where_it_was()
    {
        await FillAsync(records: 900);
        await KillInTheMiddleAsync();

        var served = await CommandLine.RunAsync("serve", "--listen", "127.0.0.1:0", "--data", Target);
        served.ExitCode.Should().Be(1);
        served.Errors.Should().Contain("copy of another one that was not finished");
        var resumed = await CopyAsync();
        var whole = await CommandLine.RunAsync(
            "store", "copy", "--from", $"rocksdb:{Source}", "--to", $"rocksdb:{Path.Combine(_root.Path, "whole")}");

        resumed.ExitCode.Should().Be(0, resumed.Errors);
        resumed.Errors.Should().MatchRegex("^going on after [0-9,]+ pairs");
        resumed.Output.Should().Contain("900 pairs").And.Be(whole.Output);
    }

    [Theory]
    [InlineData("rocksdb:DIR or foundationdb:CLUSTER_FILE", "paper", "rocksdb:x")]
    [InlineData("rocksdb:DIR or foundationdb:CLUSTER_FILE", "rocksdb:", "rocksdb:x")]
    [InlineData("there is no store", "rocksdb:no-such-directory", "rocksdb:x")]
    public async Task What_cannot_be_copied_is_refused_in_one_sentence(string why, string from, string to)
    {
        var refused = await CommandLine.RunAsync("store", "copy", "--from", from, "--to", to);

        refused.ExitCode.Should().Be(1);
        refused.Errors.Should().StartWith("metaservice: ").And.Contain(why).And.NotContain("   at ");
        Directory.Exists("x").Should().BeFalse("nothing is made for a copy that cannot begin");
    }

    private Task<CommandResult> CopyAsync() =>
        CommandLine.RunAsync("store", "copy", "--from", $"rocksdb:{Source}", "--to", $"rocksdb:{Target}");

    /// <summary>Kills a copy after its first batch, of many; again, should it have been done before it was killed.</summary>
    private async Task KillInTheMiddleAsync()
    {
        string[] arguments = ["store", "copy", "--from", $"rocksdb:{Source}", "--to", $"rocksdb:{Target}"];
        for (var tries = 1; ; tries++)
        {
            using var process = Process.Start(CommandLine.StartInfo(arguments, new Dictionary<string, string>()))!;
            var first = await process.StandardError.ReadLineAsync();
            process.Kill();
            await process.WaitForExitAsync();
            first.Should().Contain("pairs copied");
            if (process.ExitCode != 0)
            {
                return;
            }

            tries.Should().BeLessThan(10, "a copy of many batches takes longer than to read a line");
            Directory.Delete(Target, recursive: true);
        }
    }

    /// <summary>Makes a store with records near the longest that a store takes.</summary>
    private async Task FillAsync(int records)
    {
        await using var store = RocksDbKvStore.Open(new RocksDbKvStoreOptions { Directory = Source }, TimeProvider.System);
        var runner = new TransactionRunner(store, TimeProvider.System);
        var name = new string('n', 90_000);
        foreach (var numbers in Enumerable.Range(0, records).Chunk(50))
        {
            await runner.RunAsync((transaction, _) =>
            {
                foreach (var id in numbers.Select(n => $"i{n}"))
                {
                    transaction.Set(Key.Instance(id).Bytes, new InstanceInfoPB { InstanceId = id, Name = name }.ToByteArray());
                }

                return ValueTask.FromResult(true);
            });
        }
    }
}
