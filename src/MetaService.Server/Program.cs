using System.CommandLine;
using MetaService.Server.Cli;

var root = new RootCommand("The meta service of a compute-storage-decoupled Apache Doris: HTTP API on a transactional store.")
{
    ServeCommand.Create(),
    KeyspaceCommand.Create(),
    DecodeKeyCommand.Create(),
    StoreCommand.Create(),
    TokensCommand.Create(),
    HealthCommand.Create(),
    SecretsCommand.Create(),
};
ServeCommand.MakeDefault(root);
var arguments = root.Parse(args);

// A command that is told to stop has the time that it takes: the server's own limit is ShutdownSeconds.
var exitCode = await arguments.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = Timeout.InfiniteTimeSpan });
return StoreVerifyCommand.ExitCode(arguments, exitCode);
