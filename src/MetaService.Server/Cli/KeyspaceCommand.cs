using System.CommandLine;
using MetaService.Keys;

namespace MetaService.Server.Cli;

/// <summary><c>metaservice keyspace</c>: the documentation of every stored key, from its declaration.</summary>
public static class KeyspaceCommand
{
    public static Command Create()
    {
        var command = new Command("keyspace", "Print the documentation of every stored key, as in docs/keyspace.md.");
        command.SetAction(_ => Console.Out.Write(KeySpaceDocument.Markdown()));
        return command;
    }
}
