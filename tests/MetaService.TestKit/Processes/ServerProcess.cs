using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using MetaService.Server.Settings;
using MetaService.TestKit.Support;

namespace MetaService.TestKit.Processes;

/// <summary>The server as a process of its own on a free loopback port, which can be killed.</summary>
public sealed partial class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _log = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Note(line.Data);
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public HttpClient Http { get; private init; } = new(new SocketsHttpHandler { MaxConnectionsPerServer = 64 });

    public ApiClient Api { get; private set; } = null!;

    /// <summary>All lines that it wrote so far.</summary>
    public IReadOnlyCollection<string> Log => _log;

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <param name="data">Directory of the embedded store, for which a cluster under test stands in.</param>
    /// <param name="token">The token to set; null leaves the document's.</param>
    /// <param name="onDirectory">Whether it must be the embedded store.</param>
    /// <param name="settings">Settings by the names of their environment variables.</param>
    public static async Task<ServerProcess> StartAsync(
        string data, string? token = null, bool onDirectory = false, params (string Name, string Value)[] settings)
    {
        var server = Launch(data, token, onDirectory, settings);
        try
        {
            server.Http.BaseAddress = await server._address.Task.WaitAsync(Patience);
            server.Api = new ApiClient(server.Http, token ?? ServerOptions.DocumentToken);
            var started = Stopwatch.GetTimestamp();
            while ((await server.Api.SendAsync(HttpMethod.Get, "/health/ready")).Status != 200)
            {
                Stopwatch.GetElapsedTime(started).Should().BeLessThan(Patience);
                await Task.Delay(50);
            }

            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until a line of the log holds a text.</summary>
    public async Task WaitForLogAsync(string part)
    {
        var started = Stopwatch.GetTimestamp();
        while (!_log.Any(line => line.Contains(part, StringComparison.Ordinal)))
        {
            Stopwatch.GetElapsedTime(started).Should().BeLessThan(Patience, $"the log should hold '{part}'");
            await Task.Delay(20);
        }
    }

    /// <summary>Starts it and ends it after a while, as far as it has come.</summary>
    /// <returns>Whether it had begun to listen.</returns>
    public static async Task<bool> StartAndKillAsync(string data, TimeSpan after)
    {
        await using var server = Launch(data, token: null, onDirectory: true, []);
        await Task.Delay(after);
        var isListening = server._address.Task.IsCompletedSuccessfully;
        server._process.HasExited.Should().BeFalse(string.Join('\n', server.Log));
        await server.KillAsync();
        return isListening;
    }

    /// <summary>Ends it at once, as a power failure of the process does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks it to stop and returns its exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        // The shell's own kill: not every image has it as a program.
        using var kill = Process.Start("/bin/sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -TERM {Id}")]);
        await kill.WaitForExitAsync();
        using var deadline = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private static ServerProcess Launch(
        string data, string? token, bool onDirectory, (string Name, string Value)[] settings)
    {
        var all = onDirectory || TestCluster.ClusterFile is null ? [] : TestCluster.SettingsFor(data);
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        if (token is not null)
        {
            all["TOKEN"] = token;
        }

        return new ServerProcess(
            Process.Start(CommandLine.StartInfo(["serve", "--listen", "127.0.0.1:0", "--data", data], all))!);
    }

    private void Note(string? line)
    {
        if (line is null)
        {
            _address.TrySetException(new InvalidOperationException($"the server ended: {string.Join('\n', _log)}"));
            return;
        }

        _log.Enqueue(line);
        if (Listening().Match(line) is { Success: true } match)
        {
            _address.TrySetResult(new Uri(match.Value));
        }
    }

    [GeneratedRegex("http://127\\.0\\.0\\.1:[0-9]+(?=\")")]
    private static partial Regex Listening();
}
