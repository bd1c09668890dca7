
namespace MetaService.ApiTests.Processes;

/// <summary>The program's commands and options.</summary>
public sealed class CommandLineTests
{
    [Fact]
    public async Task Help_names_commands_and_options()
    {
        var help = await CommandLine.RunAsync("--help");
        help.ExitCode.Should().Be(0, help.Errors);
        help.Output.Should().ContainAll(
            "serve", "keyspace", "decode-key", "store", "tokens", "health", "--listen", "--data", "--store", "--cluster-file", "--config");
    }

    [Fact]
    public async Task A_key_is_decoded_without_a_server()
    {
        const string Key = "0110696e7374616e6365000110676176696e2d696e7374616e63650001";
        var drawn = await CommandLine.RunAsync("decode-key", Key, "--ascii");
        drawn.ExitCode.Should().Be(0, drawn.Errors);
        drawn.Output.Should().Contain("gavin-instance").And.EndWith(Key + "\n");

        var refused = await CommandLine.RunAsync("decode-key", "0g");
        refused.ExitCode.Should().Be(1);
        refused.Output.Should().BeEmpty();
        ShouldBeOneSentence(refused.Errors, "hex");
    }

    [Fact]
    public async Task A_token_is_made_that_a_server_accepts_by_the_entry_that_is_printed_with_it()
    {
        var made = await CommandLine.RunAsync("tokens", "new", "ci", "--scopes", "read, operate");
        made.ExitCode.Should().Be(0, made.Errors);
        var lines = made.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var token = lines.Single(line => !line.Contains(' ', StringComparison.Ordinal));
        token.Should().MatchRegex("^[A-Za-z0-9_-]{43}$");

        using var directory = new TemporaryDirectory();
        var file = Path.Combine(directory.Path, "tokens.json");
        await File.WriteAllTextAsync(file, $"[{lines[^1]}]");
        await using var server = await InProcessServer.StartAsync(configure: options => options.Access.TokensFile = file);
        (await server.With(token).GetAsync("list_instances")).ShouldBeOk();
        (await server.With(token).GetAsync("show_meta_ranges")).ShouldFail(403, "PERMISSION_DENIED", "the token ci lacks the scope raw");

        var another = await CommandLine.RunAsync("tokens", "new", "ci", "--scopes", "read");
        another.Output.Should().NotContain(token);
    }

    [Theory]
    [InlineData("name", "a b", "read")]
    [InlineData("--scopes", "ci", "everything")]
    [InlineData("--scopes", "ci", ",")]
    public async Task A_token_without_a_proper_name_or_scope_is_not_made(string why, string name, string scopes)
    {
        var refused = await CommandLine.RunAsync("tokens", "new", name, "--scopes", scopes);
        refused.ExitCode.Should().Be(1);
        refused.Output.Should().BeEmpty();
        ShouldBeOneSentence(refused.Errors, why);
    }

    [Fact]
    public async Task The_key_space_is_printed()
    {
        var printed = await CommandLine.RunAsync("keyspace");
        printed.ExitCode.Should().Be(0, printed.Errors);
        printed.Output.Should().StartWith("# Key space").And.Contain("InstanceKey");
    }

    [Theory]
    [InlineData("--listen", "HOST:PORT", "--listen", "nonsense", "--store", "memory")]
    [InlineData("--listen", "not an IP address", "--listen", "no.such.host:1", "--store", "memory")]
    [InlineData("--listen", "HOST:PORT", "--listen", "127.0.0.1:65536", "--store", "memory")]
    [InlineData("--store", "rocksdb, memory", "--store", "paper")]
    [InlineData("--cluster-file", "FoundationDb", "--store", "foundationdb", "--cluster-file", "no-such-file")]
    [InlineData("METASERVICE__TOKEN", "token", "--listen", "0.0.0.0:0", "--store", "memory")]
    [InlineData("--config", "settings", "--config", "no-such-file.json", "--store", "memory")]
    public async Task A_start_that_makes_no_sense_is_refused_in_one_sentence(string what, string why, params string[] arguments)
    {
        var refused = await CommandLine.RunAsync(["serve", .. arguments]);
        refused.ExitCode.Should().Be(1, refused.Output);
        ShouldBeOneSentence(refused.Errors, why);
        what.Should().NotBeEmpty();
    }

    [Fact]
    public async Task An_unknown_option_is_named()
    {
        var refused = await CommandLine.RunAsync("serve", "--nonsense", "1");
        refused.ExitCode.Should().Be(1);
        refused.Errors.Should().Contain("--nonsense").And.NotContain("   at ");
    }

    [Fact]
    public async Task A_port_in_use_is_a_sentence()
    {
        await using var server = await InProcessServer.StartAsync();
        var refused = await CommandLine.RunAsync("serve", "--listen", server.Address.Authority, "--store", "memory");
        refused.ExitCode.Should().Be(1);
        ShouldBeOneSentence(refused.Errors, server.Address.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>
    /// Several servers on one directory are impossible: what one has in its memory, such as the conflicts of the last seconds, the other
    /// does not see. Servers that share a store are tested in ManyServersTests.
    /// </summary>
    [Fact]
    public async Task A_directory_has_one_owner()
    {
        using var data = new TemporaryDirectory();
        await using var first = await ServerProcess.StartAsync(data.Path, onDirectory: true);
        var second = await CommandLine.RunAsync("serve", "--listen", "127.0.0.1:0", "--data", data.Path);
        second.ExitCode.Should().Be(1);
        ShouldBeOneSentence(second.Errors, $"in use by process {first.Id}");
        (await first.Api.PutAsync("create_instance", Sample.VaultInstance("one"))).ShouldBeOk();
    }

    private static void ShouldBeOneSentence(string errors, string part)
    {
        errors.Should().StartWith("metaservice: ").And.Contain(part).And.NotContain("   at ");
        errors.TrimEnd('\n').Should().NotContain("\n");
    }
}
