using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Unicode;

namespace MetaService.Json;

/// <summary>
/// Writes JSON token by token as UTF-8. Commas, line breaks and indentation come by themselves; names and values must alternate
/// properly, which is not checked. Non-ASCII text stays as it is, emoji included: only quotes, backslashes and control characters
/// are escaped. Call <see cref="Flush"/> at the end.
/// </summary>
public ref struct JsonTokenWriter
{
    private const int IndentSize = 4;
    private const int MaxNumberLength = 32;
    private const int MinimumSpan = 1024;

    // A UTF-16 code unit takes at most 3 bytes of UTF-8.
    private const int MaxBytesPerChar = 3;

    private static readonly SearchValues<char> CharsToEscape = SearchValues.Create(
        "\"\\" + string.Concat(Enumerable.Range(0, 0x20).Select(c => (char)c)));

    private readonly IBufferWriter<byte> _output;
    private readonly bool _indented;
    private Span<byte> _span;
    private int _used;
    private int _depth;
    private bool _hasItems;
    private bool _afterName;

    public JsonTokenWriter(IBufferWriter<byte> output, ProtoJsonStyle style)
    {
        _output = output;
        _indented = style == ProtoJsonStyle.Http;
        Style = style;
    }

    public ProtoJsonStyle Style { get; }

    public void BeginObject() => Begin('{');

    public void EndObject() => End('}');

    public void BeginArray() => Begin('[');

    public void EndArray() => End(']');

    /// <summary>Writes the name of the value that follows.</summary>
    public void WriteName(scoped ReadOnlySpan<char> name)
    {
        WriteString(name);
        Colon();
    }

    /// <summary>Writes a name that is known to be UTF-8 without anything to escape, such as a field name.</summary>
    public void WriteName(scoped ReadOnlySpan<byte> plainName)
    {
        WritePlainString(plainName);
        Colon();
    }

    public void WriteBoolean(bool value)
    {
        BeforeValue();
        Raw(value ? "true"u8 : "false"u8);
    }

    public void WriteNull()
    {
        BeforeValue();
        Raw("null"u8);
    }

    public void WriteNumber(long value)
    {
        BeforeValue();
        Digits(value);
    }

    public void WriteNumber(ulong value)
    {
        BeforeValue();
        Digits(value);
    }

    /// <summary>Writes the shortest text that reads back as the same value; a string if there is no number for it.</summary>
    public void WriteNumber(double value)
    {
        if (!double.IsFinite(value))
        {
            WritePlainString(double.IsNaN(value) ? "NaN"u8 : value > 0 ? "Infinity"u8 : "-Infinity"u8);
            return;
        }

        BeforeValue();
        Digits(value);
    }

    /// <summary>Writes a 64-bit integer the way the style has it: as a string or as a number.</summary>
    public void WriteInt64(long value)
    {
        if (Style != ProtoJsonStyle.Rpc)
        {
            WriteNumberAsString(value);
        }
        else
        {
            WriteNumber(value);
        }
    }

    /// <inheritdoc cref="WriteInt64"/>
    public void WriteUInt64(ulong value)
    {
        if (Style != ProtoJsonStyle.Rpc)
        {
            WriteNumberAsString(value);
        }
        else
        {
            WriteNumber(value);
        }
    }

    /// <summary>Writes a string. Half a surrogate pair becomes U+FFFD.</summary>
    public void WriteString(scoped ReadOnlySpan<char> value)
    {
        BeforeValue();
        Put('"');
        while (true)
        {
            var plain = value.IndexOfAny(CharsToEscape);
            if (plain < 0)
            {
                Transcode(value);
                break;
            }

            Transcode(value[..plain]);
            Escape(value[plain]);
            value = value[(plain + 1)..];
        }

        Put('"');
    }

    /// <summary>Writes a string that is known to be UTF-8 without anything to escape.</summary>
    public void WritePlainString(scoped ReadOnlySpan<byte> value)
    {
        BeforeValue();
        Put('"');
        Raw(value);
        Put('"');
    }

    /// <summary>Writes bytes as a base64 string.</summary>
    public void WriteBase64(scoped ReadOnlySpan<byte> value)
    {
        BeforeValue();
        Put('"');
        var length = Base64.GetMaxEncodedToUtf8Length(value.Length);
        Reserve(length);
        Base64.EncodeToUtf8(value, _span[_used..], out _, out var written);
        _used += written;
        Put('"');
    }

    /// <summary>Ends the current line.</summary>
    public void NewLine() => Put('\n');

    /// <summary>Hands over what is written so far to the output.</summary>
    public void Flush()
    {
        if (_used > 0)
        {
            _output.Advance(_used);
        }

        _span = default;
        _used = 0;
    }

    /// <summary>Writes <c>"name":</c> from bytes made beforehand.</summary>
    internal void WritePreparedName(scoped ReadOnlySpan<byte> quotedNameAndColon)
    {
        BeforeValue();
        Raw(quotedNameAndColon);
        _afterName = true;
    }

    private void WriteNumberAsString<T>(T value)
        where T : IUtf8SpanFormattable
    {
        BeforeValue();
        Put('"');
        Digits(value);
        Put('"');
    }

    private void Begin(char bracket)
    {
        BeforeValue();
        Put(bracket);
        _depth++;
        _hasItems = false;
    }

    private void End(char bracket)
    {
        _depth--;
        if (_hasItems && _indented)
        {
            BreakLine();
        }

        Put(bracket);
        _hasItems = true;
    }

    private void Colon()
    {
        Raw(_indented ? ": "u8 : ":"u8);
        _afterName = true;
    }

    private void BeforeValue()
    {
        if (_afterName || _depth == 0)
        {
            _afterName = false;
            return;
        }

        if (_hasItems)
        {
            Put(',');
        }

        _hasItems = true;
        if (_indented)
        {
            BreakLine();
        }
    }

    private void BreakLine()
    {
        var indent = _depth * IndentSize;
        Reserve(1 + indent);
        _span[_used] = (byte)'\n';
        _span.Slice(_used + 1, indent).Fill((byte)' ');
        _used += 1 + indent;
    }

    private void Digits<T>(T value)
        where T : IUtf8SpanFormattable
    {
        Reserve(MaxNumberLength);
        value.TryFormat(_span[_used..], out var written, default, CultureInfo.InvariantCulture);
        _used += written;
    }

    private void Transcode(scoped ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            Reserve(Math.Min(text.Length * MaxBytesPerChar, MinimumSpan));
            Utf8.FromUtf16(text, _span[_used..], out var read, out var written, replaceInvalidSequences: true);
            _used += written;
            text = text[read..];
        }
    }

    private void Escape(char c)
    {
        var shortForm = c switch
        {
            '"' => '"',
            '\\' => '\\',
            '\b' => 'b',
            '\f' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            _ => '\0',
        };
        if (shortForm != '\0')
        {
            Put('\\');
            Put(shortForm);
            return;
        }

        Raw("\\u00"u8);
        Put((char)('0' + (c >> 4)));
        Put("0123456789ABCDEF"[c & 0xF]);
    }

    private void Raw(scoped ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_span[_used..]);
        _used += bytes.Length;
    }

    private void Put(char ascii)
    {
        Reserve(1);
        _span[_used++] = (byte)ascii;
    }

    private void Reserve(int count)
    {
        if (_span.Length - _used < count)
        {
            Flush();
            _span = _output.GetSpan(Math.Max(count, MinimumSpan));
        }
    }
}
