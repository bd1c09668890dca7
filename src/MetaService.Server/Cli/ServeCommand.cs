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

    private static readonly Option<string?> Data = new("--data")
    {
        Description = "Directory of the embedded store. Default ./data.",
    };

    private static readonly Option<string?> Store = new("--store")
    {
        Description = "rocksdb (durable, embedded; the default), memory (lost at exit) or foundationdb.",
    };

    private static readonly Option<string?> ClusterFile = new("--cluster-file")
    {
        Description = "Cluster file of the store foundationdb. Default /etc/foundationdb/fdb.cluster.",
    };

    private static readonly Option<string?> Config = new("--config")
    {
        Description = "JSON file with settings. Default: appsettings.json beside the program, if there is one.",
    };

    /// <summary>Which setting each option stands for.</summary>
    private static readonly (Option<string?> Option, string Setting)[] Settings =
    [
        (Listen, nameof(ServerOptions.Listen)),
        (RpcListen, nameof(ServerOptions.RpcListen)),
        (Data, nameof(ServerOptions.Data)),
        (Store, nameof(ServerOptions.Store)),
        (ClusterFile, $"{nameof(ServerOptions.FoundationDb)}:{nameof(ServerOptions.FoundationDb.ClusterFile)}"),
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

        command.Options.Add(Config);
        command.SetAction(RunAsync);
    }

    private static Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken) => CommandFailure.ReportAsync(async () =>
    {
        var given = new Dictionary<string, string?>();
        foreach (var (option, setting) in Settings)
        {
            if (arguments.GetValue(option) is { } value)
            {
                given[setting] = value;
            }
        }

        var app = ServerHost.Build(SettingsLoader.Load(arguments.GetValue(Config), given));
        await using var stop = app.ConfigureAwait(false);
        await app.RunAsync(cancellationToken).ConfigureAwait(false);
    });
}
