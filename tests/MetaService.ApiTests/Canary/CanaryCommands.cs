using System.Runtime.Versioning;
using MetaService.Keys;

namespace MetaService.ApiTests.Canary;

/// <summary>What an operator does with the store of a server, with all that the commands print searched.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class CanaryCommands(CanaryServer server)
{
    private string KeyFile => Path.Combine(server.Data, "secrets.key");

    /// <summary>Starts the server again, replaces the key that all is sealed with, and stops it.</summary>
    /// <param name="look">Calls the server once all is sealed anew.</param>
    public async Task ReplaceKeyAsync(Func<Task> look)
    {
        await server.StartAsync();
        (await RunAsync("secrets new-key", [], "secrets", "new-key", "--file", KeyFile)).ExitCode.Should().Be(0);
        (await RunAsync("secrets use-key", [], "secrets", "use-key", "2", "--file", KeyFile)).ExitCode.Should().Be(0);
        var url = server.Process.Http.BaseAddress!.ToString();
        var refused = await RunAsync(
            "secrets rotate", [("TOKEN", server.Book.New(CanaryKind.Token, "secrets rotate"))], "secrets", "rotate", "--url", url);
        refused.ExitCode.Should().NotBe(0);
        var rotated = await RunAsync("secrets rotate", [("TOKEN", server.AllToken)], "secrets", "rotate", "--url", url);
        rotated.ExitCode.Should().Be(0, rotated.Errors);
        rotated.Output.Should().Contain("key 2");
        await look();
        await server.StopAsync();
    }

    /// <summary>Copies the store and searches the copy.</summary>
    public async Task CopyAsync()
    {
        var target = server.Other("copy");
        var copied = await RunAsync(
            "store copy", [], "store", "copy", "--from", $"rocksdb:{server.Data}", "--to", $"rocksdb:{target}");
        copied.ExitCode.Should().Be(0, copied.Errors);
        CanaryFiles.SearchFiles(server.Watch, target);
        await CanaryFiles.SearchStoreAsync(server.Watch, target);
    }

    /// <summary>Verifies the store as it is and with defects, and draws a key.</summary>
    public async Task VerifyAsync(IReadOnlyList<string> instances)
    {
        var sound = await RunAsync("store verify", [], "store", "verify", "--data", server.Data, "--verbose");
        sound.ExitCode.Should().Be(0, sound.Output[..Math.Min(2000, sound.Output.Length)]);
        await CanaryFiles.DamageAsync(server.Data, [.. instances.Select(id => $"1:{id}:n")]);
        (await RunAsync("store verify", [], "store", "verify", "--data", server.Data)).ExitCode.Should().Be(1);
        (await RunAsync("store verify", [], "store", "verify", "--data", server.Data, "--json", "--verbose")).ExitCode.Should().Be(1);
        var key = Convert.ToHexStringLower(Key.Instance(instances[0]).Bytes);
        (await RunAsync("decode-key", [], "decode-key", key)).ExitCode.Should().Be(0);
        (await RunAsync("decode-key", [], "decode-key", Pasted())).ExitCode.Should().NotBe(0);
    }

    /// <summary>Starts that are refused because of a wrong key, a wrong file or a wrong setting that holds a secret.</summary>
    public async Task RefusedStartsAsync()
    {
        var (entry, garbage) = (server.Other("entry.json"), server.Other("garbage.json"));
        await File.WriteAllTextAsync(entry, $$"""[{"Name": "x", "Sha256": "{{Token()}}", "Scopes": ["{{Token()}}"]}]""");
        await File.WriteAllTextAsync(garbage, $"[{Token()}]");
        (string Name, string Value) memory = ("STORE", "memory");
        (string Part, (string, string)[] Settings)[] starts =
        [
            ("Sha256", [memory, ("ACCESS__TOKENSFILE", entry)]),
            ("is not JSON", [memory, ("ACCESS__TOKENSFILE", garbage)]),
            ("Sha256", [memory, ("ACCESS__TOKENS__0__SHA256", Token()), ("ACCESS__TOKENS__0__NAME", "x")]),
            ("is not 32 bytes in base64", [memory, ("SECRETS__KEYS", $"1 {Token()} current")]),
            ("key command /bin/echo", [memory, ("SECRETS__KEYCOMMAND", $"/bin/echo 1 {Token()}")]),
            ("LogLevel", [memory, ("STATUS__PASSWORD", Token()), ("LOGLEVEL", "Loud")]),
            ("sealed", [("SECRETS__KEYS", TestSecrets.Key1)]),
        ];
        await Task.WhenAll(starts.Select(start => RefusedAsync(start.Part, start.Settings)));
        await File.WriteAllTextAsync(KeyFile, $"1 {Token()} current\n");
        await RefusedAsync("is not 32 bytes in base64");
    }

    private string Token() => server.Book.New(CanaryKind.Token, "a start that is refused");

    private string Pasted() => server.Book.New(CanaryKind.Pasted, "a command");

    private async Task RefusedAsync(string part, params (string Name, string Value)[] settings)
    {
        var result = await RunAsync(
            "serve", [.. settings, ("TOKEN", Token())], "serve", "--listen", "127.0.0.1:0", "--data", server.Data);
        result.ExitCode.Should().Be(1, part);
        result.Errors.Should().StartWith("metaservice: ").And.Contain(part);
    }

    private async Task<CommandResult> RunAsync(string name, (string Name, string Value)[] settings, params string[] arguments)
    {
        var result = await CommandLine.RunAsync(settings.ToDictionary(s => s.Name, s => s.Value), arguments);
        server.Watch.See(CanaryChannel.Command, name, result.Output + result.Errors);
        return result;
    }
}
