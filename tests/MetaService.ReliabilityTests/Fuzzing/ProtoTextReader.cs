using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace MetaService.ReliabilityTests.Fuzzing;

/// <summary>
/// Reads the protobuf text format, as strictly as it is printed. The protobuf library for .NET has no such reader.
/// </summary>
internal ref struct ProtoTextReader
{
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    private ReadOnlySpan<char> _rest;

    private ProtoTextReader(ReadOnlySpan<char> text) => _rest = text;

    /// <exception cref="FormatException">The text is not that of such a message.</exception>
    public static IMessage Read(MessageDescriptor type, string text)
    {
        var message = (IMessage)Activator.CreateInstance(type.ClrType)!;
        var reader = new ProtoTextReader(text);
        reader.ReadFields(message);
        return reader._rest.IsEmpty ? message : throw new FormatException($"not read: {reader._rest}");
    }

    /// <summary>Reads up to the end of the text or to the brace that closes the message.</summary>
    private void ReadFields(IMessage message)
    {
        for (SkipSpace(); !_rest.IsEmpty && _rest[0] != '}'; SkipSpace())
        {
            var name = Take(_rest.IndexOfAnyExcept(NameCharacters)).ToString();
            var field = message.Descriptor.FindFieldByName(name) ?? throw new FormatException($"there is no field '{name}'");
            if (field.IsMap)
            {
                var (key, value) = ReadEntry(field.MessageType);
                ((IDictionary)field.Accessor.GetValue(message)).Add(key, value);
            }
            else if (field.IsRepeated)
            {
                ((IList)field.Accessor.GetValue(message)).Add(ReadValue(field));
            }
            else
            {
                Require(!field.Accessor.HasValue(message), $"{name} is there twice");
                field.Accessor.SetValue(message, ReadValue(field));
            }
        }
    }

    private (object Key, object Value) ReadEntry(MessageDescriptor entry)
    {
        Expect(" {");
        SkipSpace();
        Expect("key");
        var key = ReadValue(entry.FindFieldByNumber(1));
        SkipSpace();
        Expect("value");
        var value = ReadValue(entry.FindFieldByNumber(2));
        SkipSpace();
        Expect("}");
        return (key, value);
    }

    private object ReadValue(FieldDescriptor field)
    {
        if (field.FieldType == FieldType.Message)
        {
            Expect(" {");
            var message = (IMessage)Activator.CreateInstance(field.MessageType.ClrType)!;
            ReadFields(message);
            Expect("}");
            return message;
        }

        Expect(": ");
        if (field.FieldType is FieldType.String or FieldType.Bytes)
        {
            var bytes = ReadQuoted();
            return field.FieldType == FieldType.String ? Encoding.UTF8.GetString(bytes) : ByteString.CopyFrom(bytes);
        }

        var end = _rest.IndexOfAny(' ', '\n');
        var text = Take(end < 0 ? _rest.Length : end).ToString();
        return field.FieldType switch
        {
            FieldType.Bool => text == "true" || (text == "false" ? false : throw new FormatException(text)),
            FieldType.Enum => Enum.ToObject(
                field.EnumType.ClrType,
                field.EnumType.FindValueByName(text)?.Number ?? int.Parse(text, CultureInfo.InvariantCulture)),
            FieldType.Double => text switch
            {
                "nan" => double.NaN,
                "inf" => double.PositiveInfinity,
                "-inf" => double.NegativeInfinity,
                _ => double.Parse(text, CultureInfo.InvariantCulture),
            },
            FieldType.Int32 => int.Parse(text, CultureInfo.InvariantCulture),
            FieldType.UInt32 => uint.Parse(text, CultureInfo.InvariantCulture),
            FieldType.Int64 => long.Parse(text, CultureInfo.InvariantCulture),
            FieldType.UInt64 => ulong.Parse(text, CultureInfo.InvariantCulture),
            _ => throw new NotSupportedException($"{field.FullName}: {field.FieldType}"),
        };
    }

    private byte[] ReadQuoted()
    {
        Expect("\"");
        var bytes = new List<byte>();
        while (Take(1)[0] is var c && c != '"')
        {
            Require(c is >= ' ' and <= '~', "text outside of printable ASCII is not escaped");
            bytes.Add(c == '\\' ? ReadEscaped() : (byte)c);
        }

        return [.. bytes];
    }

    private byte ReadEscaped()
    {
        var c = Take(1)[0];
        return c switch
        {
            'n' => (byte)'\n',
            'r' => (byte)'\r',
            't' => (byte)'\t',
            '"' or '\'' or '\\' => (byte)c,
            >= '0' and <= '3' => (byte)(((c - '0') << 6) | (Octal(Take(1)[0]) << 3) | Octal(Take(1)[0])),
            _ => throw new FormatException($"'\\{c}' means nothing"),
        };
    }

    private static int Octal(char digit) =>
        digit is >= '0' and <= '7' ? digit - '0' : throw new FormatException($"'{digit}' is no octal digit");

    private ReadOnlySpan<char> Take(int count)
    {
        count = count < 0 ? _rest.Length : count;
        Require(count > 0 && count <= _rest.Length, "it ends too early");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    private void Expect(string text)
    {
        Require(_rest.StartsWith(text, StringComparison.Ordinal), $"'{text}' is missing");
        _rest = _rest[text.Length..];
    }

    private void SkipSpace() => _rest = _rest.TrimStart(" \n");

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new FormatException(what);
        }
    }
}
