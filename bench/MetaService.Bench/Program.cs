using System.CommandLine;
using System.Runtime.Versioning;
using MetaService.Bench;
using MetaService.Bench.Scale;
using MetaService.Bench.Targets;

[assembly: SupportedOSPlatform("linux")] // It reads /proc.

var root = new RootCommand(
    "Measures the server at 1, 32 and 256 connections, reads against a bare Kestrel that answers the same bytes, changes against etcd. "
    + "Exit code 0: no errors and nothing lost.");
RunCommand.AddTo(root);
root.Subcommands.Add(ScaleCommand.Create());

var port = new Argument<int>("port");
var contentType = new Argument<string>("content-type");
var file = new Argument<string>("file");
var ceiling = new Command(Ceiling.Command, "Serve a file as the reply to every request.") { port, contentType, file };
ceiling.Hidden = true;
ceiling.SetAction((arguments, _) => Ceiling.ServeAsync(
    arguments.GetValue(port), arguments.GetRequiredValue(contentType), arguments.GetRequiredValue(file)));
root.Subcommands.Add(ceiling);

try
{
    // Long enough for what was started to be ended and removed.
    var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(30) };
    return await root.Parse(args).InvokeAsync(invocation);
}
catch (BenchException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}
catch (OperationCanceledException)
{
    return 130;
}
