using System.Buffers;
using System.Text;
using Google.Protobuf;

namespace MetaService.Json;

/// <summary>
/// Writes messages as JSON: declared field names in the order of field numbers, enums by name, bytes as base64, map entries in the
/// order of their keys. A field that was set is written even when it is empty, zero or false; an unset field, an empty list and
/// unknown fields are left out.
/// </summary>
public static class ProtoJsonWriter
{
    /// <summary>Writes one message, without a line break at the end.</summary>
    public static void Write(IBufferWriter<byte> output, IMessage message, ProtoJsonStyle style)
    {
        var json = new JsonTokenWriter(output, style);
        WriteValue(ref json, message);
        json.Flush();
    }

    /// <summary>Writes one message as a value within other JSON.</summary>
    public static void WriteValue(ref JsonTokenWriter json, IMessage message) =>
        MessagePlan.For(message.GetType()).WriteObject(ref json, message);

    /// <summary>The JSON form of a message as a string.</summary>
    public static string ToText(IMessage message, ProtoJsonStyle style)
    {
        var output = new ArrayBufferWriter<byte>();
        Write(output, message, style);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
