using System.CommandLine;
using MetaService.Server.Settings;

namespace MetaService.Server.Cli;

/// <summary>The options that say which store to work on: the same in every command that opens one.</summary>
internal static class StoreSelection
{
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
        (Data, nameof(ServerOptions.Data)),
        (Store, nameof(ServerOptions.Store)),
        (ClusterFile, $"{nameof(ServerOptions.FoundationDb)}:{nameof(ServerOptions.FoundationDb.ClusterFile)}"),
    ];

    /// <summary>Gives a command the options.</summary>
    public static void AddTo(Command command)
    {
        foreach (var (option, _) in Settings)
        {
            command.Options.Add(option);
        }

        command.Options.Add(Config);
    }

    /// <summary>The settings, after what is given on the command line.</summary>
    /// <param name="more">Further options of the command and the settings that they stand for.</param>
    /// <exception cref="SettingsException">They cannot be read.</exception>
    public static ServerOptions Load(ParseResult arguments, params (Option<string?> Option, string Setting)[] more)
    {
        var given = new Dictionary<string, string?>();
        foreach (var (option, setting) in Settings.Concat(more))
        {
            if (arguments.GetValue(option) is { } value)
            {
                given[setting] = value;
            }
        }

        return SettingsLoader.Load(arguments.GetValue(Config), given);
    }
}
