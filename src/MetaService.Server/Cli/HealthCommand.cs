using System.CommandLine;
using MetaService.Server.Settings;

namespace MetaService.Server.Cli;

/// <summary><c>metaservice health</c>: asks a running server how it is, where there is no HTTP client.</summary>
public static class HealthCommand
{
    private const string Listen = "METASERVICE__LISTEN";
    private const string Certificate = "METASERVICE__TLS__CERTIFICATEFILE";

    public static Command Create()
    {
        var url = new Option<string?>("--url")
        {
            Description = $"Address of the server. Default: the first one of {Listen}, else 127.0.0.1:5000, " +
                $"with TLS if {Certificate} is set.",
        };
        var live = new Option<bool>("--live") { Description = "Ask whether it serves requests, not whether its store answers." };
        var command = new Command("health", "Exit with 0 when a server is ready, with 1 and a sentence when it is not.")
        {
            url, live,
        };
        command.SetAction((arguments, cancellationToken) => CommandFailure.ReportAsync(async () =>
        {
            var address = Address(arguments.GetValue(url));
            var onlyLive = arguments.GetValue(live);
            await HealthProbe.RunAsync(address, onlyLive, HealthProbe.Patience, cancellationToken).ConfigureAwait(false);
            Console.Out.WriteLine($"{address} is {(onlyLive ? "live" : "ready")}");
        }));
        return command;
    }

    /// <summary>The server to ask.</summary>
    /// <param name="url">What <c>--url</c> says, or null.</param>
    /// <exception cref="SettingsException">It is no address.</exception>
    private static HealthAddress Address(string? url)
    {
        if (url is not null)
        {
            return HealthAddress.Parse(url);
        }

        var listen = Environment.GetEnvironmentVariable(Listen);
        var options = string.IsNullOrEmpty(listen) ? new ServerOptions() : new ServerOptions { Listen = listen };
        return options.Endpoints() is [var first, ..]
            ? HealthAddress.Of(first, !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Certificate)))
            : throw new SettingsException($"{Listen} names no address");
    }
}
