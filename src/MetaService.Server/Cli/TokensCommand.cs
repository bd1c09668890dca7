using System.CommandLine;
using System.Security.Cryptography;
using MetaService.Server.Access;

namespace MetaService.Server.Cli;

/// <summary><c>metaservice tokens</c>: makes tokens. No server and no store is needed.</summary>
public static class TokensCommand
{
    private const int RandomBytes = 32;

    public static Command Create() => new("tokens", "Make tokens.") { CreateNew() };

    private static Command CreateNew()
    {
        var name = new Argument<string>("name") { Description = "What logs call it: letters, digits, '.', '_' and '-'." };
        var scopes = new Option<string>("--scopes")
        {
            Description = $"What it allows, separated by commas: {ScopeNames.List}.",
            Required = true,
        };
        var command = new Command("new", "Print a new token, once, and the entry that makes a server accept it.")
        {
            name, scopes,
        };
        command.SetAction(arguments => Print(arguments.GetRequiredValue(name), arguments.GetRequiredValue(scopes)));
        return command;
    }

    private static int Print(string name, string scopeList)
    {
        if (!TokenEntries.NamePattern().IsMatch(name))
        {
            return Fail("the name must be 1 to 64 letters, digits, dots, underscores and hyphens");
        }

        var names = scopeList.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (ScopeNames.Parse(names) is not { } scopes || scopes == Scopes.None)
        {
            return Fail($"--scopes must name at least one of {ScopeNames.List}, and nothing else");
        }

        var token = NewToken();
        var digest = Convert.ToHexStringLower(NamedToken.DigestOf(token));
        var quoted = string.Join(", ", ScopeNames.Of(scopes).Select(scope => $"\"{scope}\""));
        Console.Out.WriteLine(
            $$"""
            Token of {{name}}, shown this once:

            {{token}}

            Entry for the array in the server's Access:TokensFile:

            {"Name": "{{name}}", "Sha256": "{{digest}}", "Scopes": [{{quoted}}]}
            """);
        return 0;
    }

    private static string NewToken() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(RandomBytes))
        .TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static int Fail(string message)
    {
        Console.Error.WriteLine($"metaservice: {message}");
        return 1;
    }
}
