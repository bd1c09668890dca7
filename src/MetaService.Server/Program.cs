using System.CommandLine;
using MetaService.Server.Cli;

var root = new RootCommand("The meta service of a compute-storage-decoupled Apache Doris: HTTP API on a transactional store.")
{
    ServeCommand.Create(),
    KeyspaceCommand.Create(),
    DecodeKeyCommand.Create(),
    StoreCommand.Create(),
    TokensCommand.Create(),
};
ServeCommand.MakeDefault(root);
return await root.Parse(args).InvokeAsync();
