using System.Buffers;
using System.Text.Json;
using Google.Protobuf;

namespace MetaService.Json;

/// <summary>
/// Reads requests: the proto3 JSON mapping over proto2 messages, as lenient as existing clients need it.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>Fields go by their declared or lowerCamelCase name; unknown ones are passed over. Of a field given twice the last value
/// counts, for arrays and objects as a whole.</item>
/// <item><c>null</c> is the same as leaving the field out. Inside arrays and maps it is an error.</item>
/// <item>Integers are numbers or decimal strings; <c>1.0</c> and <c>1e3</c> are integers. Enums are names, aliases
/// (<see cref="EnumAliases"/>) or known numbers. Bytes are base64 in either alphabet. Where a string belongs, a number is taken as
/// its own text.</item>
/// <item>Trailing commas and a byte order mark are accepted. Comments are not, nor anything after the object, more than 64
/// levels, invalid UTF-8 or half a surrogate pair.</item>
/// <item>Fields declared <c>required</c> may be missing: what a request must have is for the domain to say.</item>
/// </list>
/// </remarks>
public static class ProtoJsonReader
{
    /// <summary>Objects and arrays may be nested this deep.</summary>
    public const int MaxDepth = JsonCursor.MaxDepth;

    /// <summary>Reads one message from UTF-8 text.</summary>
    /// <exception cref="JsonRequestException">The text is not the JSON form of such a message.</exception>
    public static TMessage Read<TMessage>(ReadOnlySpan<byte> json)
        where TMessage : class, IMessage<TMessage>, new() =>
        Read<TMessage>(json, MaxDepth);

    /// <summary>Reads one message from UTF-8 text that is nested less deep.</summary>
    /// <param name="json">UTF-8 text.</param>
    /// <param name="maxDepth">Deepest nesting, 1 to <see cref="MaxDepth"/>.</param>
    /// <exception cref="JsonRequestException">The text is not the JSON form of such a message.</exception>
    public static TMessage Read<TMessage>(ReadOnlySpan<byte> json, int maxDepth)
        where TMessage : class, IMessage<TMessage>, new() =>
        (TMessage)Read(MessagePlan<TMessage>.Instance, json, maxDepth);

    /// <inheritdoc cref="Read{TMessage}(ReadOnlySpan{byte})"/>
    public static TMessage Read<TMessage>(in ReadOnlySequence<byte> json)
        where TMessage : class, IMessage<TMessage>, new()
    {
        if (json.IsSingleSegment)
        {
            return Read<TMessage>(json.FirstSpan);
        }

        var length = checked((int)json.Length);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            json.CopyTo(buffer);
            return Read<TMessage>(buffer.AsSpan(0, length));
        }
        finally
        {
            // The text may hold access keys.
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    /// <summary>Reads one message of a type known at run time only.</summary>
    /// <param name="messageType">A generated message class.</param>
    /// <param name="json">UTF-8 text.</param>
    /// <exception cref="JsonRequestException">The text is not the JSON form of such a message.</exception>
    public static IMessage Read(Type messageType, ReadOnlySpan<byte> json) => Read(MessagePlan.For(messageType), json, MaxDepth);

    private static IMessage Read(MessagePlan plan, ReadOnlySpan<byte> text, int maxDepth)
    {
        var json = new JsonCursor(text, maxDepth);
        try
        {
            json.Advance();
            var message = plan.ReadObject(ref json);
            json.ExpectEnd();
            return message;
        }
        catch (JsonException e)
        {
            throw json.Malformed(e);
        }
    }
}
