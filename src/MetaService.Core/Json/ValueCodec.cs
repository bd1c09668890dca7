using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf;

namespace MetaService.Json;

/// <summary>Reads and writes one value: a field's, an array element's or a map entry's.</summary>
internal abstract class ValueCodec<TValue>
{
    /// <summary>Reads the value that begins at the current token and stays on its last token.</summary>
    /// <exception cref="JsonRequestException">The value is not of this kind.</exception>
    public abstract TValue Read(ref JsonCursor json);

    public abstract void Write(ref JsonTokenWriter json, TValue value);
}

/// <summary>Reads and writes one kind of map key. JSON has nothing but strings for them.</summary>
internal abstract class MapKeyCodec<TKey>
{
    /// <summary>Order in which entries are written.</summary>
    public abstract IComparer<TKey> Order { get; }

    /// <summary>Takes the key from the current property name.</summary>
    /// <exception cref="JsonRequestException">The name is not a key of this kind.</exception>
    public abstract TKey Read(ref JsonCursor json);

    public abstract void Write(ref JsonTokenWriter json, TKey key);
}

internal sealed class Int32Codec : ValueCodec<int>
{
    public override int Read(ref JsonCursor json) => TryRead(ref json, out var value)
        ? value
        : throw json.Unexpected("a 32-bit integer (-2147483648 to 2147483647), as a number or a decimal string");

    public static bool TryRead(ref JsonCursor json, out int value)
    {
        var valid = json.Token is JsonTokenType.Number or JsonTokenType.String;
        long number = 0;
        valid = valid && JsonNumbers.TryParseInt64(json.Text, int.MinValue, int.MaxValue, out number);
        value = (int)number;
        return valid;
    }

    public override void Write(ref JsonTokenWriter json, int value) => json.WriteNumber(value);
}

internal sealed class UInt32Codec : ValueCodec<uint>
{
    public override uint Read(ref JsonCursor json)
    {
        var valid = json.Token is JsonTokenType.Number or JsonTokenType.String;
        ulong value = 0;
        return valid && JsonNumbers.TryParseUInt64(json.Text, uint.MaxValue, out value)
            ? (uint)value
            : throw json.Unexpected("an unsigned 32-bit integer (0 to 4294967295), as a number or a decimal string");
    }

    public override void Write(ref JsonTokenWriter json, uint value) => json.WriteNumber((ulong)value);
}

internal sealed class Int64Codec : ValueCodec<long>
{
    public override long Read(ref JsonCursor json)
    {
        if (json.Token == JsonTokenType.Number && json.TryGetInt64(out var value))
        {
            return value;
        }

        var valid = json.Token is JsonTokenType.Number or JsonTokenType.String;
        value = 0;
        return valid && JsonNumbers.TryParseInt64(json.Text, long.MinValue, long.MaxValue, out value)
            ? value
            : throw json.Unexpected("a 64-bit integer, as a number or a decimal string");
    }

    public override void Write(ref JsonTokenWriter json, long value) => json.WriteInt64(value);
}

internal sealed class UInt64Codec : ValueCodec<ulong>
{
    public override ulong Read(ref JsonCursor json)
    {
        var valid = json.Token is JsonTokenType.Number or JsonTokenType.String;
        ulong value = 0;
        return valid && JsonNumbers.TryParseUInt64(json.Text, ulong.MaxValue, out value)
            ? value
            : throw json.Unexpected("an unsigned 64-bit integer, as a number or a decimal string");
    }

    public override void Write(ref JsonTokenWriter json, ulong value) => json.WriteUInt64(value);
}

internal sealed class BooleanCodec : ValueCodec<bool>
{
    public override bool Read(ref JsonCursor json) => json.Token switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        JsonTokenType.String when json.Text.SequenceEqual("true"u8) => true,
        JsonTokenType.String when json.Text.SequenceEqual("false"u8) => false,
        _ => throw json.Unexpected("true or false"),
    };

    public override void Write(ref JsonTokenWriter json, bool value) => json.WriteBoolean(value);
}

internal sealed class DoubleCodec : ValueCodec<double>
{
    public override double Read(ref JsonCursor json)
    {
        if (json.Token is JsonTokenType.Number or JsonTokenType.String)
        {
            var text = json.Text;
            if (JsonNumbers.IsNumber(text))
            {
                var value = double.Parse(text, CultureInfo.InvariantCulture);
                if (double.IsFinite(value))
                {
                    return value;
                }
            }
            else if (text.SequenceEqual("NaN"u8))
            {
                return double.NaN;
            }
            else if (text.SequenceEqual("Infinity"u8))
            {
                return double.PositiveInfinity;
            }
            else if (text.SequenceEqual("-Infinity"u8))
            {
                return double.NegativeInfinity;
            }
        }

        throw json.Unexpected("a double, as a number or a string, or one of \"NaN\", \"Infinity\", \"-Infinity\"");
    }

    public override void Write(ref JsonTokenWriter json, double value) => json.WriteNumber(value);
}

/// <summary>A number where a string belongs is taken as its own text: clients do send <c>"id": 113974</c>.</summary>
internal sealed class StringCodec : ValueCodec<string>
{
    public override string Read(ref JsonCursor json) => json.Token switch
    {
        JsonTokenType.String => json.GetString(),
        JsonTokenType.Number => Encoding.UTF8.GetString(json.Text),
        _ => throw json.Unexpected("a string"),
    };

    public override void Write(ref JsonTokenWriter json, string value) => json.WriteString(value);
}

internal sealed class BytesCodec : ValueCodec<ByteString>
{
    public override ByteString Read(ref JsonCursor json)
    {
        if (json.Token == JsonTokenType.String && TryDecode(json.Text, out var bytes))
        {
            return bytes;
        }

        throw json.Unexpected("bytes as a base64 string");
    }

    public override void Write(ref JsonTokenWriter json, ByteString value) => json.WriteBase64(value.Span);

    // Both alphabets, padded or not. The decoder would pass over white space, which is no base64.
    private static bool TryDecode(ReadOnlySpan<byte> text, out ByteString bytes)
    {
        bytes = ByteString.Empty;
        var digits = text.TrimEnd((byte)'=');
        var padding = text.Length - digits.Length;
        var padded = padding == 0 || (padding <= 2 && text.Length % 4 == 0);
        if (!padded || digits.Length % 4 == 1 || digits.ContainsAnyInRange((byte)0, (byte)' '))
        {
            return false;
        }

        var standard = new byte[(digits.Length + 3) / 4 * 4];
        standard.AsSpan().Fill((byte)'=');
        digits.CopyTo(standard);
        standard.AsSpan().Replace((byte)'-', (byte)'+');
        standard.AsSpan().Replace((byte)'_', (byte)'/');
        var status = Base64.DecodeFromUtf8InPlace(standard, out var length);
        bytes = ByteString.CopyFrom(standard, 0, length);
        return status == OperationStatus.Done;
    }
}

internal sealed class MessageCodec<TMessage> : ValueCodec<TMessage>
    where TMessage : class, IMessage<TMessage>, new()
{
    public override TMessage Read(ref JsonCursor json)
    {
        var message = new TMessage();
        MessagePlan<TMessage>.Instance.ReadObject(ref json, message);
        return message;
    }

    public override void Write(ref JsonTokenWriter json, TMessage value) =>
        MessagePlan<TMessage>.Instance.WriteObject(ref json, value);
}

internal sealed class StringKeyCodec : MapKeyCodec<string>
{
    public override IComparer<string> Order => StringComparer.Ordinal;

    public override string Read(ref JsonCursor json) => json.GetString();

    public override void Write(ref JsonTokenWriter json, string key) => json.WriteName(key);
}

internal sealed class Int32KeyCodec : MapKeyCodec<int>
{
    public override IComparer<int> Order => Comparer<int>.Default;

    public override int Read(ref JsonCursor json) => JsonNumbers.TryParseInt64(json.Text, int.MinValue, int.MaxValue, out var key)
        ? (int)key
        : throw json.Unexpected("32-bit integers as names");

    public override void Write(ref JsonTokenWriter json, int key) => Int64KeyCodec.WriteKey(ref json, key);
}

internal sealed class Int64KeyCodec : MapKeyCodec<long>
{
    public override IComparer<long> Order => Comparer<long>.Default;

    public override long Read(ref JsonCursor json) => JsonNumbers.TryParseInt64(json.Text, long.MinValue, long.MaxValue, out var key)
        ? key
        : throw json.Unexpected("64-bit integers as names");

    public override void Write(ref JsonTokenWriter json, long key) => WriteKey(ref json, key);

    public static void WriteKey(ref JsonTokenWriter json, long key)
    {
        Span<byte> digits = stackalloc byte[20];
        key.TryFormat(digits, out var length, default, CultureInfo.InvariantCulture);
        json.WriteName(digits[..length]);
    }
}
