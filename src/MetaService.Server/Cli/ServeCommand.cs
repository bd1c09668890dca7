using System.CommandLine;
using MetaService.Server.Hosting;
using MetaService.Server.Settings;

namespace MetaService.Server.Cli;

/// <summary><c>metaservice serve</c>, which is also what the program does without a command.</summary>
public static class ServeCommand
{
    private static readonly Option<string?> Listen = new("--listen")
    {
        Description = "Address to listen on, HOST:PORT, several separated by commas. Default 127.0.0.1:5000.",
    };

    private static readonly Option<string?> RpcListen = new("--rpc-listen")
    {
        Description = "Further addresses for gRPC only; the addresses of --listen speak it too.",
    };

    /// <summary>Which setting each option stands for, beside those that say which store.</summary>
    private static readonly (Option<string?> Option, string Setting)[] Settings =
    [
        (Listen, nameof(ServerOptions.Listen)),
        (RpcListen, nameof(ServerOptions.RpcListen)),
    ];

    public static Command Create()
    {
        var command = new Command("serve", "Serve the API. Every option can also be set as METASERVICE__NAME in the environment.");
        AddTo(command);
        return command;
    }

    /// <summary>Makes the program serve when no command is given.</summary>
    public static void MakeDefault(RootCommand root) => AddTo(root);

    private static void AddTo(Command command)
    {
        foreach (var (option, _) in Settings)
        {
            command.Options.Add(option);
        }

        StoreSelection.AddTo(command);
        command.SetAction(RunAsync);
    }

    private static Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken) => CommandFailure.ReportAsync(async () =>
    {
        var app = ServerHost.Build(StoreSelection.Load(arguments, Settings));
        await using var stop = app.ConfigureAwait(false);
        await app.RunAsync(cancellationToken).ConfigureAwait(false);
    });
}
