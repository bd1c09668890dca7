using Google.Protobuf;

namespace MetaService.Domain.Audit;

/// <summary>A field of a serialized message: where its bytes lie.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Type">Its wire type.</param>
/// <param name="Start">Where its tag begins.</param>
/// <param name="ValueStart">Where its value begins, behind the length if it has one.</param>
/// <param name="End">Where it ends.</param>
internal readonly record struct WireField(int Number, WireFormat.WireType Type, int Start, int ValueStart, int End)
{
    private const int MaxVarintLength = 10;

    /// <summary>The whole field.</summary>
    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> message) => message[Start..End];

    /// <summary>Its value.</summary>
    public ReadOnlySpan<byte> ValueIn(ReadOnlySpan<byte> message) => message[ValueStart..End];

    /// <summary>The fields of a message by number, those of one number in the order in which they come.</summary>
    /// <exception cref="InvalidDataException">It is not a serialized message.</exception>
    public static List<WireField> Split(ReadOnlySpan<byte> message)
    {
        var fields = new List<WireField>(16);
        var isSorted = true;
        for (var at = 0; at < message.Length;)
        {
            var field = Read(message, at);
            isSorted &= fields.Count == 0 || fields[^1].Number <= field.Number;
            fields.Add(field);
            at = field.End;
        }

        return isSorted ? fields : [.. fields.OrderBy(field => field.Number)]; // A stable sort.
    }

    /// <summary>The field that begins at a place; the next one begins where it ends.</summary>
    /// <exception cref="InvalidDataException">It is not a serialized message.</exception>
    public static WireField Read(ReadOnlySpan<byte> message, int start)
    {
        var at = start;
        var tag = (uint)ReadVarint(message, ref at);
        var type = WireFormat.GetTagWireType(tag);
        var valueStart = at;
        var end = type switch
        {
            WireFormat.WireType.Varint => AfterVarint(message, at),
            WireFormat.WireType.Fixed64 => at + sizeof(ulong),
            WireFormat.WireType.Fixed32 => at + sizeof(uint),
            WireFormat.WireType.LengthDelimited => AfterLength(message, ref valueStart),
            WireFormat.WireType.StartGroup => AfterGroup(message, at, WireFormat.GetTagFieldNumber(tag)),
            _ => throw Malformed(),
        };
        return end >= 0 && end <= message.Length
            ? new WireField(WireFormat.GetTagFieldNumber(tag), type, start, valueStart, end)
            : throw Malformed();
    }

    private static int AfterVarint(ReadOnlySpan<byte> message, int at)
    {
        ReadVarint(message, ref at);
        return at;
    }

    private static int AfterLength(ReadOnlySpan<byte> message, ref int at)
    {
        var length = ReadVarint(message, ref at);
        return length <= (ulong)(message.Length - at) ? at + (int)length : throw Malformed();
    }

    // Only fields that this version does not know can be groups.
    private static int AfterGroup(ReadOnlySpan<byte> message, int at, int number)
    {
        while (at < message.Length)
        {
            var next = at;
            var tag = (uint)ReadVarint(message, ref next);
            if (tag == WireFormat.MakeTag(number, WireFormat.WireType.EndGroup))
            {
                return next;
            }

            at = Read(message, at).End;
        }

        throw Malformed();
    }

    private static ulong ReadVarint(ReadOnlySpan<byte> message, ref int at)
    {
        ulong value = 0;
        for (var i = 0; i < MaxVarintLength && at < message.Length; i++)
        {
            var b = message[at++];
            value |= (ulong)(b & 0x7f) << (7 * i);
            if (b < 0x80)
            {
                return value;
            }
        }

        throw Malformed();
    }

    private static InvalidDataException Malformed() => new("a stored record is not a serialized message");
}
