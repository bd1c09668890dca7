using System.CommandLine;
using MetaService.Server.Cli;

var root = new RootCommand("The meta service of a compute-storage-decoupled Apache Doris: HTTP API on a transactional store.")
{
    ServeCommand.Create(),
    KeyspaceCommand.Create(),
    DecodeKeyCommand.Create(),
    StoreCommand.Create(),
};
ServeCommand.MakeDefault(root);

// A command that is told to stop has the time that it takes: the server's own limit is ShutdownSeconds.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = Timeout.InfiniteTimeSpan });
