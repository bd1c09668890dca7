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
    public static async Task<ServerProcess> StartAsync(string data, string? token = null, bool onDirectory = false)
    {
        var server = Launch(data, token, onDirectory);
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

    /// <summary>Starts it and ends it after a while, as far as it has come.</summary>
    /// <returns>Whether it had begun to listen.</returns>
    public static async Task<bool> StartAndKillAsync(string data, TimeSpan after)
    {
        await using var server = Launch(data, token: null, onDirectory: true);
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
        using var kill = Process.Start("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]);
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

    private static ServerProcess Launch(string data, string? token, bool onDirectory)
    {
        var settings = onDirectory || TestCluster.ClusterFile is null ? [] : TestCluster.SettingsFor(data);
        if (token is not null)
        {
            settings["TOKEN"] = token;
        }

        return new ServerProcess(
            Process.Start(CommandLine.StartInfo(["serve", "--listen", "127.0.0.1:0", "--data", data], settings))!);
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
