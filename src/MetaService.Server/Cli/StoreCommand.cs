using System.CommandLine;

namespace MetaService.Server.Cli;

/// <summary><c>metaservice store</c>: work on a store that no server is using.</summary>
public static class StoreCommand
{
    public static Command Create() => new("store", "Work on a store while no server uses it.")
    {
        StoreCopyCommand.Create(),
        StoreVerifyCommand.Create(),
    };
}
