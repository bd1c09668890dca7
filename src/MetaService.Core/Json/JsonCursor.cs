using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace MetaService.Json;

/// <summary>
/// Walks the tokens of one JSON text and knows the way to the current one, so that a fault can name its place. Text that a token
/// holds is checked when the token is reached: once past <see cref="Advance"/>, strings are sound.
/// </summary>
internal ref struct JsonCursor
{
    /// <summary>Objects and arrays may be nested this deep.</summary>
    public const int MaxDepth = 64;

    private readonly ReadOnlySpan<byte> _text;
    private readonly int _maxDepth;
    private Utf8JsonReader _json;
    private PathSteps _path;
    private int _depth;

    /// <param name="text">UTF-8 text.</param>
    /// <param name="maxDepth">Deepest nesting, at most <see cref="MaxDepth"/>.</param>
    /// <exception cref="JsonRequestException">The text is empty or not UTF-8.</exception>
    public JsonCursor(ReadOnlySpan<byte> text, int maxDepth = MaxDepth)
    {
        _maxDepth = maxDepth;
        _text = text.StartsWith(Encoding.UTF8.Preamble) ? text[Encoding.UTF8.Preamble.Length..] : text;
        _json = new Utf8JsonReader(
            _text,
            isFinalBlock: false, // An incomplete text then reads as "no more tokens" and gets an error of its own.
            new JsonReaderState(new JsonReaderOptions { AllowTrailingCommas = true, MaxDepth = MaxDepth + 1 }));
        _depth = -1;

        if (!Utf8.IsValid(_text))
        {
            throw Fault(FirstInvalidByte(_text), "UTF-8 text");
        }

        if (_text.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            throw Fault(0, "a JSON object, not an empty body");
        }
    }

    public readonly JsonTokenType Token => _json.TokenType;

    /// <summary>The current name, string or number, without escapes and quotes.</summary>
    public readonly ReadOnlySpan<byte> Text => _json.ValueIsEscaped ? Unescape() : _json.ValueSpan;

    public readonly string GetString() => _json.GetString()!;

    public readonly bool TryGetInt64(out long value) => _json.TryGetInt64(out value);

    /// <summary>Goes to the next token.</summary>
    /// <exception cref="JsonRequestException">The text ends early, is nested too deep or holds half a surrogate pair.</exception>
    /// <exception cref="JsonException">The text is not JSON: to be turned into <see cref="Malformed"/>.</exception>
    public void Advance()
    {
        if (!_json.Read())
        {
            throw Fault(_text.Length, "more: the JSON text ends too early");
        }

        switch (_json.TokenType)
        {
            case JsonTokenType.StartObject or JsonTokenType.StartArray when _json.CurrentDepth >= _maxDepth:
                throw Unexpected(
                    string.Create(CultureInfo.InvariantCulture, $"at most {_maxDepth} levels of objects and arrays"));
            case JsonTokenType.String or JsonTokenType.PropertyName when _json.ValueIsEscaped:
                CheckSurrogates();
                break;
        }
    }

    /// <summary>Passes over the current value, whatever it is. Stays on its last token.</summary>
    public void Skip()
    {
        var outer = _json.CurrentDepth;
        if (_json.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            return;
        }

        do
        {
            Advance();
        }
        while (_json.CurrentDepth > outer);
    }

    /// <summary>Checks that nothing but white space follows the value just read.</summary>
    public readonly void ExpectEnd()
    {
        var read = (int)_json.BytesConsumed;
        var next = _text[read..].IndexOfAnyExcept(" \t\r\n"u8);
        if (next >= 0)
        {
            throw Fault(read + next, "the end of the body after one JSON object");
        }
    }

    public void EnterObject() => _path[++_depth] = default;

    public void LeaveObject() => _depth--;

    /// <param name="name">Null between fields and in fields that are not known.</param>
    public void AtField(string? name) => _path[_depth] = new PathStep(name, PathStep.NoIndex);

    public void AtIndex(int index) => _path[_depth].Index = index;

    public void OutOfArray() => _path[_depth].Index = PathStep.NoIndex;

    /// <summary>The error for a current token that does not belong here.</summary>
    public readonly JsonRequestException Unexpected(string expected) => Fault(_json.TokenStartIndex, expected);

    /// <summary>The error for text that is not JSON. Only the place is taken over: the original message quotes the text.</summary>
    public readonly JsonRequestException Malformed(JsonException error) =>
        new(PathText(), (error.LineNumber ?? 0) + 1, (error.BytePositionInLine ?? 0) + 1, "well-formed JSON");

    private readonly JsonRequestException Fault(long offset, string expected)
    {
        var before = _text[..(int)offset];
        var lineStart = before.LastIndexOf((byte)'\n') + 1;
        return new JsonRequestException(PathText(), before.Count((byte)'\n') + 1, before.Length - lineStart + 1, expected);
    }

    private readonly string PathText()
    {
        var path = new StringBuilder();
        for (var i = 0; i <= _depth; i++)
        {
            var step = _path[i];
            if (step.Name is null)
            {
                break;
            }

            path.Append(i == 0 ? "" : ".").Append(step.Name);
            if (step.Index != PathStep.NoIndex)
            {
                path.Append('[').Append(step.Index.ToString(CultureInfo.InvariantCulture)).Append(']');
            }
        }

        return path.ToString();
    }

    private readonly byte[] Unescape()
    {
        var text = new byte[_json.ValueSpan.Length];
        return text[.._json.CopyString(text)];
    }

    // The reader has checked that four hex digits follow each \u, but not that surrogates come in pairs.
    private readonly void CheckSurrogates()
    {
        var text = _json.ValueSpan;
        var pairOpen = false;
        while (!text.IsEmpty)
        {
            var unit = '\0';
            var length = 1;
            if (text[0] == '\\')
            {
                length = text[1] == 'u' ? 6 : 2;
                unit = length == 6 ? CodeUnit(text[2..6]) : '\0';
            }

            if (char.IsLowSurrogate(unit) != pairOpen)
            {
                break;
            }

            pairOpen = char.IsHighSurrogate(unit);
            text = text[length..];
        }

        if (pairOpen || !text.IsEmpty)
        {
            throw Unexpected("surrogates only in pairs");
        }
    }

    private static char CodeUnit(ReadOnlySpan<byte> hexDigits) =>
        (char)ushort.Parse(hexDigits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static int FirstInvalidByte(ReadOnlySpan<byte> text)
    {
        var offset = 0;
        while (Rune.DecodeFromUtf8(text[offset..], out _, out var length) == System.Buffers.OperationStatus.Done)
        {
            offset += length;
        }

        return offset;
    }

    private struct PathStep(string? name, int index)
    {
        public const int NoIndex = -1;

        public readonly string? Name = name;
        public int Index = index;
    }

    [InlineArray(MaxDepth)]
    private struct PathSteps
    {
        private PathStep _first;
    }
}
