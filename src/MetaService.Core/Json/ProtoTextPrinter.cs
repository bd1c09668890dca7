using System.Collections;
using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace MetaService.Json;

/// <summary>Walks one message for <see cref="ProtoText"/>.</summary>
internal sealed class ProtoTextPrinter(StringBuilder text, bool singleLine)
{
    private const int IndentSize = 2;

    private int _depth;

    public void Print(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            if (field.IsMap)
            {
                PrintMap(field, (IDictionary)field.Accessor.GetValue(message));
            }
            else if (field.IsRepeated)
            {
                foreach (var element in (IList)field.Accessor.GetValue(message))
                {
                    PrintField(field, element);
                }
            }
            else if (field.Accessor.HasValue(message))
            {
                PrintField(field, field.Accessor.GetValue(message));
            }
        }
    }

    private void PrintMap(FieldDescriptor field, IDictionary entries)
    {
        var keys = new object[entries.Count];
        entries.Keys.CopyTo(keys, 0);
        Array.Sort(keys, static (left, right) => left is string text
            ? string.CompareOrdinal(text, (string)right)
            : Comparer.DefaultInvariant.Compare(left, right));

        foreach (var key in keys)
        {
            Open(field);
            PrintField(field.MessageType.FindFieldByNumber(1), key);
            PrintField(field.MessageType.FindFieldByNumber(2), entries[key]!);
            Close();
        }
    }

    private void PrintField(FieldDescriptor field, object value)
    {
        if (value is IMessage message)
        {
            Open(field);
            Print(message);
            Close();
            return;
        }

        Indent();
        text.Append(field.Name).Append(": ");
        PrintScalar(field, value);
        EndLine();
    }

    private void Open(FieldDescriptor field)
    {
        Indent();
        text.Append(field.Name).Append(" {");
        EndLine();
        _depth++;
    }

    private void Close()
    {
        _depth--;
        Indent();
        text.Append('}');
        EndLine();
    }

    private void PrintScalar(FieldDescriptor field, object value)
    {
        switch (value)
        {
            case string chars:
                PrintQuoted(Encoding.UTF8.GetBytes(chars));
                break;
            case ByteString bytes:
                PrintQuoted(bytes.Span);
                break;
            case bool flag:
                text.Append(flag ? "true" : "false");
                break;
            case double number:
                text.Append(DoubleText(number));
                break;
            case Enum:
                var numeric = Convert.ToInt32(value, CultureInfo.InvariantCulture);
                text.Append(field.EnumType.FindValueByNumber(numeric)?.Name ?? numeric.ToString(CultureInfo.InvariantCulture));
                break;
            default:
                text.Append(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
                break;
        }
    }

    // 15 digits where they read back as the same value, else 17, as C's %g prints them.
    private static string DoubleText(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }

        var rounded = value.ToString("G15", CultureInfo.InvariantCulture);
        var exact = double.Parse(rounded, CultureInfo.InvariantCulture).Equals(value)
            ? rounded
            : value.ToString("G17", CultureInfo.InvariantCulture);
        return exact.Replace('E', 'e');
    }

    private void PrintQuoted(ReadOnlySpan<byte> bytes)
    {
        text.Append('"');
        foreach (var octet in bytes)
        {
            switch (octet)
            {
                case (byte)'\n':
                    text.Append("\\n");
                    break;
                case (byte)'\r':
                    text.Append("\\r");
                    break;
                case (byte)'\t':
                    text.Append("\\t");
                    break;
                case (byte)'"' or (byte)'\'' or (byte)'\\':
                    text.Append('\\').Append((char)octet);
                    break;
                case >= 0x20 and < 0x7F:
                    text.Append((char)octet);
                    break;
                default:
                    text.Append('\\')
                        .Append((char)('0' + (octet >> 6)))
                        .Append((char)('0' + ((octet >> 3) & 7)))
                        .Append((char)('0' + (octet & 7)));
                    break;
            }
        }

        text.Append('"');
    }

    private void Indent()
    {
        if (!singleLine)
        {
            text.Append(' ', _depth * IndentSize);
        }
    }

    private void EndLine() => text.Append(singleLine ? ' ' : '\n');
}
