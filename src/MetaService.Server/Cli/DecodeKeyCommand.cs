using System.CommandLine;
using MetaService.Keys;

namespace MetaService.Server.Cli;

/// <summary><c>metaservice decode-key HEX</c>: what decode_key answers, without a server.</summary>
public static class DecodeKeyCommand
{
    public static Command Create()
    {
        var hex = new Argument<string>("key") { Description = "The key in hex, with or without \\x." };
        var ascii = new Option<bool>("--ascii") { Description = "Draw with ASCII characters only." };
        var command = new Command("decode-key", "Print the fields of a stored key.") { hex, ascii };
        command.SetAction(arguments =>
        {
            try
            {
                Console.Out.Write(KeyPrinter.Print(KeyHex.Parse(arguments.GetRequiredValue(hex)), !arguments.GetValue(ascii)));
                return 0;
            }
            catch (KeyFormatException e)
            {
                Console.Error.WriteLine($"metaservice: {e.Message}");
                return 1;
            }
        });
        return command;
    }
}
