using System.CommandLine;
using MetaService.Security;
using MetaService.Server.Secrets;

namespace MetaService.Server.Cli;

/// <summary><c>metaservice secrets</c>: the keys that ak and sk are sealed with.</summary>
public static class SecretsCommand
{
    public static Command Create() => new("secrets", "Make keys for sealing ak and sk, and seal them anew.")
    {
        NewKey(),
        UseKey(),
        RotateSecretsCommand.Create(),
    };

    private static Command NewKey()
    {
        var file = new Option<string?>("--file")
        {
            Description = "Key file to add the key to; made if there is none, for its owner only.",
        };
        var command = new Command("new-key", "Make a key: add it to a file, or print it.") { file };
        command.SetAction((arguments, _) => CommandFailure.ReportAsync(async () =>
        {
            if (arguments.GetValue(file) is not { } path)
            {
                await Console.Out.WriteLineAsync(KeyringText.Line(SecretKey.Generate(1))).ConfigureAwait(false);
                return;
            }

            var id = KeyFile.Add(path);
            await Console.Out.WriteLineAsync(id == 1
                ? $"key 1 is in {path}; keep a copy of that file apart from the data"
                : $"key {id} is in {path}, not in use yet; when all servers have it: "
                    + $"metaservice secrets use-key {id} --file {path}")
                .ConfigureAwait(false);
        }));
        return command;
    }

    private static Command UseKey()
    {
        var id = new Argument<long>("id") { Description = "The key's id." };
        var file = new Option<string>("--file") { Description = "The key file.", Required = true };
        var command = new Command("use-key", "Make a key of a file the one to seal with.") { id, file };
        command.SetAction((arguments, _) => CommandFailure.ReportAsync(async () =>
        {
            var (keyId, path) = (arguments.GetRequiredValue(id), arguments.GetRequiredValue(file));
            KeyFile.MakeCurrent(path, keyId);
            await Console.Out.WriteLineAsync(
                $"key {keyId} is the current one in {path}; when it is so on all servers: metaservice secrets rotate")
                .ConfigureAwait(false);
        }));
        return command;
    }
}
