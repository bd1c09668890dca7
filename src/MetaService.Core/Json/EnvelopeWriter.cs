using System.Buffers;
using Google.Protobuf;

namespace MetaService.Json;

/// <summary>Writes one JSON value.</summary>
/// <typeparam name="TState">What the value is made from; handed over so that the delegate need not capture it.</typeparam>
public delegate void JsonBody<in TState>(ref JsonTokenWriter json, TState state);

/// <summary>
/// Writes the replies of the HTTP surface: <c>code</c>, <c>msg</c> and perhaps <c>result</c>, indented, with one line break at
/// the end.
/// </summary>
public static class EnvelopeWriter
{
    /// <summary>Writes a reply without a result.</summary>
    public static void Write(IBufferWriter<byte> output, string code, string msg)
    {
        var json = Begin(output, code, msg);
        End(ref json);
    }

    /// <summary>Writes a reply whose result is a message.</summary>
    public static void Write(IBufferWriter<byte> output, string code, string msg, IMessage result) =>
        Write(output, code, msg, result, ProtoJsonWriter.WriteValue);

    /// <summary>Writes a reply whose result is the one value that <paramref name="writeResult"/> writes.</summary>
    public static void Write<TState>(
        IBufferWriter<byte> output, string code, string msg, TState state, JsonBody<TState> writeResult)
    {
        var json = Begin(output, code, msg);
        json.WriteName("result"u8);
        writeResult(ref json, state);
        End(ref json);
    }

    private static JsonTokenWriter Begin(IBufferWriter<byte> output, string code, string msg)
    {
        var json = new JsonTokenWriter(output, ProtoJsonStyle.Http);
        json.BeginObject();
        json.WriteName("code"u8);
        json.WriteString(code);
        json.WriteName("msg"u8);
        json.WriteString(msg);
        return json;
    }

    private static void End(ref JsonTokenWriter json)
    {
        json.EndObject();
        json.NewLine();
        json.Flush();
    }
}
