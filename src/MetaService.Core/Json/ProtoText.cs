using System.Text;
using Google.Protobuf;

namespace MetaService.Json;

/// <summary>
/// Prints messages in the protobuf text format, laid out as the C++ library does: fields that are set in the order of their
/// numbers, enums by name, text in quotes with everything outside printable ASCII escaped, map entries in the order of their
/// keys. Unknown fields are left out: whether they hold a secret cannot be told.
/// </summary>
public static class ProtoText
{
    /// <summary>One field a line, indented by 2 spaces. Empty for a message without fields, else it ends with a line break.</summary>
    public static string DebugString(IMessage message) => Print(message, singleLine: false);

    /// <summary>
    /// Everything on one line. Every field is followed by one space, the last one too: messages in replies have it that way.
    /// </summary>
    public static string ShortDebugString(IMessage message) => Print(message, singleLine: true);

    private static string Print(IMessage message, bool singleLine)
    {
        var text = new StringBuilder();
        new ProtoTextPrinter(text, singleLine).Print(message);
        return text.ToString();
    }
}
