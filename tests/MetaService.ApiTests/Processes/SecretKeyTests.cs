using System.Runtime.Versioning;
using System.Text;

namespace MetaService.ApiTests.Processes;

/// <summary>Keys as an operator deals with them: files, settings and commands of a server process.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SecretKeyTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryDirectory _root = new();

    private string Data => Path.Combine(_root.Path, "data");

    private string KeyFile => Path.Combine(Data, "secrets.key");

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task Keys_are_replaced_while_the_server_runs()
    {
        await using (var server = await StartAsync())
        {
            File.GetUnixFileMode(KeyFile).Should().Be(OwnerOnly);
            for (var i = 0; i < 60; i++)
            {
                (await server.Api.PutAsync("create_instance", Sample.LegacyInstance($"i{i}"))).ShouldBeOk();
            }

            var added = await CommandLine.RunAsync("secrets", "new-key", "--file", KeyFile);
            (added.ExitCode, added.Errors).Should().Be((0, ""));
            added.Output.Should().Contain("key 2").And.NotContain(KeyOf(2));
            File.GetUnixFileMode(KeyFile).Should().Be(OwnerOnly);
            (await CommandLine.RunAsync("secrets", "use-key", "2", "--file", KeyFile)).ExitCode.Should().Be(0);

            var rotated = await CommandLine.RunAsync("secrets", "rotate", "--url", server.Http.BaseAddress!.ToString());
            (rotated.ExitCode, rotated.Errors.Split('\n')[^2]).Should().Be((0, "61 records looked at, 60 sealed anew"));
            rotated.Output.Should().Contain("sealed with AES_256_GCM key 2").And.Contain("may be deleted").And.Contain("key 1");
            (await server.TerminateAsync()).Should().Be(0);
            var log = string.Join('\n', server.Log);
            log.Contains(KeyOf(1), StringComparison.Ordinal).Should().BeFalse();
            log.Contains(KeyOf(2), StringComparison.Ordinal).Should().BeFalse();
        }

        ShouldHoldNoSecret();
        File.WriteAllLines(KeyFile, File.ReadAllLines(KeyFile).Where(line => !line.StartsWith("1 ", StringComparison.Ordinal)));
        await using var again = await StartAsync();
        var instance = (await again.Api.GetAsync("get_instance", ("instance_id", "i59"))).ShouldBeOk().Result;
        ((string?)instance["obj_info"]![0]!["sk"], (string?)instance["ram_user"]!["sk"]).Should().Be(("legacy-sk", "ram-sk"));
    }

    [Fact]
    public async Task A_start_with_keys_that_are_not_right_is_refused()
    {
        await using (var server = await StartAsync())
        {
            (await server.TerminateAsync()).Should().Be(0);
        }

        var right = File.ReadAllText(KeyFile);
        File.SetUnixFileMode(KeyFile, OwnerOnly | UnixFileMode.OtherRead);
        await ShouldRefuseAsync("open to every user", "chmod 600");
        File.SetUnixFileMode(KeyFile, OwnerOnly);

        File.WriteAllText(KeyFile, TestSecrets.Key1);
        await ShouldRefuseAsync("key 1 in the key file", "is not the key 1 with which secrets of this store are sealed");
        File.WriteAllText(KeyFile, TestSecrets.Key2);
        await ShouldRefuseAsync("does not hold key 1, with which secrets of this store are sealed");
        File.WriteAllText(KeyFile, $"{TestSecrets.Key1} current\n{TestSecrets.Key2} current\n");
        await ShouldRefuseAsync("keys 1 and 2 are both marked 'current'");
        File.WriteAllText(KeyFile, "nonsense");
        await ShouldRefuseAsync("line 1");
        File.Delete(KeyFile);
        await ShouldRefuseAsync("secrets.key is missing", "key 1", "backup");
        File.Exists(KeyFile).Should().BeFalse("no new key is made for secrets that it would not open");

        File.WriteAllText(KeyFile, right);
        File.SetUnixFileMode(KeyFile, OwnerOnly);
        await using var again = await StartAsync();
    }

    [Fact]
    public async Task Keys_may_come_from_a_setting_or_a_command()
    {
        await using (var server = await StartAsync(("SECRETS__KEYS", TestSecrets.Keys)))
        {
            (await server.Api.PutAsync("create_instance", Sample.VaultInstance("i"))).ShouldBeOk();
            (await server.TerminateAsync()).Should().Be(0);
        }

        File.Exists(KeyFile).Should().BeFalse();
        var keys = Path.Combine(_root.Path, "keys");
        File.WriteAllText(keys, TestSecrets.Keys);
        await using (var server = await StartAsync(("SECRETS__KEYCOMMAND", $"cat {keys}")))
        {
            var info = await server.Api.PutAsync("get_obj_store_info", """{"cloud_unique_id": "1:i:x"}""");
            ((string?)info.ShouldBeOk().Result["storage_vault"]![0]!["obj_info"]!["sk"]).Should().Be("vault-sk");
        }

        await ShouldRefuseAsync(["the key command false", "exit code 1"], ("SECRETS__KEYCOMMAND", "false"));
        await ShouldRefuseAsync(["no-such-program cannot be run"], ("SECRETS__KEYCOMMAND", "no-such-program"));
        await ShouldRefuseAsync(["the output of the key command echo: line 1"], ("SECRETS__KEYCOMMAND", "echo $(secret)"));
        await ShouldRefuseAsync(
            ["sleep did not end within 0.2 s"],
            ("SECRETS__KEYCOMMAND", "sleep 30"), ("SECRETS__KEYCOMMANDTIMEOUT", "00:00:00.2"));
        await ShouldRefuseAsync(
            ["one of KeyFile, Keys and KeyCommand"], ("SECRETS__KEYS", TestSecrets.Keys), ("SECRETS__KEYFILE", keys));
        await ShouldRefuseAsync(
            ["missing.key is missing", "new-key"], ("SECRETS__KEYFILE", Path.Combine(_root.Path, "missing.key")));
        await ShouldRefuseAsync(["Secrets:Method: 'ROT13'"], ("SECRETS__METHOD", "ROT13"));
    }

    [Fact]
    public async Task Keys_are_made_marked_and_refused_by_the_commands()
    {
        var printed = await CommandLine.RunAsync("secrets", "new-key");
        printed.Output.Should().MatchRegex("^1 [A-Za-z0-9+/]{43}=\n$");
        var file = Path.Combine(_root.Path, "new.key");
        (await CommandLine.RunAsync("secrets", "new-key", "--file", file)).Output.Should().Contain("key 1");
        File.AppendAllText(file, "# kept\n");
        (await CommandLine.RunAsync("secrets", "new-key", "--file", file)).Output.Should().Contain("secrets use-key 2");
        MarkedIn(file).Should().ContainSingle().Which.Should().StartWith("1 ");

        (await CommandLine.RunAsync("secrets", "use-key", "2", "--file", file)).ExitCode.Should().Be(0);

        MarkedIn(file).Should().ContainSingle().Which.Should().StartWith("2 ");
        File.ReadAllLines(file).Should().Contain("# kept").And.HaveCount(4);
        File.GetUnixFileMode(file).Should().Be(OwnerOnly);
        var refused = await CommandLine.RunAsync("secrets", "use-key", "7", "--file", file);
        refused.ExitCode.Should().Be(1);
        refused.Errors.Should().Be($"metaservice: the key file {file} does not hold key 7; it holds 1, 2\n");
        (await CommandLine.RunAsync("secrets", "use-key", "1", "--file", file + "x")).Errors.Should().Contain("is missing");
        (await CommandLine.RunAsync("secrets", "rotate", "--url", "ftp://x")).Errors.Should().StartWith("metaservice: --url");
        (await CommandLine.RunAsync("secrets", "rotate", "--url", "http://127.0.0.1:1")).Errors
            .Should().Contain("cannot be reached");
    }

    [Fact]
    public async Task A_key_file_that_goes_bad_is_logged_and_the_keys_in_use_stay()
    {
        await using var server = await StartAsync(("SECRETS__RELOADINTERVAL", "00:00:00.02"));
        var right = File.ReadAllText(KeyFile);
        File.WriteAllText(KeyFile, "# nothing left");
        await server.WaitForLogAsync("secrets.key: there is no key");
        (await server.Api.PutAsync("create_instance", Sample.VaultInstance("i"))).ShouldBeOk();

        File.WriteAllText(KeyFile, right.TrimEnd('\n') + " current\n" + TestSecrets.Key2);
        await server.WaitForLogAsync("keys 1, 2; current 1");

        server.Log.Count(line => line.Contains("there is no key", StringComparison.Ordinal)).Should().Be(1, "it is said once");
        string.Join('\n', server.Log).Contains(TestSecrets.Key2[2..], StringComparison.Ordinal).Should().BeFalse();
    }

    private static IEnumerable<string> MarkedIn(string file) =>
        File.ReadAllLines(file).Where(line => line.EndsWith(" current", StringComparison.Ordinal));

    private Task<ServerProcess> StartAsync(params (string Name, string Value)[] settings) =>
        ServerProcess.StartAsync(Data, onDirectory: true, settings: settings);

    private Task ShouldRefuseAsync(params string[] parts) => ShouldRefuseAsync(parts, []);

    private async Task ShouldRefuseAsync(string[] parts, params (string Name, string Value)[] settings)
    {
        var refused = await CommandLine.RunAsync(
            settings.ToDictionary(s => s.Name, s => s.Value), "serve", "--listen", "127.0.0.1:0", "--data", Data);
        refused.ExitCode.Should().Be(1, refused.Output);
        refused.Errors.Should().StartWith("metaservice: ").And.ContainAll(parts).And.NotContain("   at ");
        refused.Errors.Should().NotContainAny(TestSecrets.Key1[2..], TestSecrets.Key2[2..], "$(secret)");
        refused.Errors.TrimEnd('\n').Should().NotContain("\n");
    }

    private string KeyOf(long id) => File.ReadAllLines(KeyFile)
        .Single(line => line.StartsWith($"{id} ", StringComparison.Ordinal)).Split(' ')[1];

    private void ShouldHoldNoSecret()
    {
        foreach (var file in Directory.GetFiles(Data, "*", SearchOption.AllDirectories))
        {
            var text = Encoding.Latin1.GetString(File.ReadAllBytes(file));
            text.Contains("legacy-ak", StringComparison.Ordinal).Should().BeFalse(file);
            text.Contains("legacy-sk", StringComparison.Ordinal).Should().BeFalse(file);
            text.Contains("ram-sk", StringComparison.Ordinal).Should().BeFalse(file);
        }
    }
}
