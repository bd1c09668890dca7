using System.Text;

namespace MetaService.Keys;

/// <summary>One field of a key: a signed integer or a string of bytes (text is UTF-8).</summary>
public readonly struct KeyPart
{
    private readonly byte[]? _bytes;
    private readonly string? _text;

    private KeyPart(long number, string? text, byte[]? bytes)
    {
        Number = number;
        _text = text;
        _bytes = bytes;
    }

    /// <summary>Whether this is an integer; else it is a string of bytes.</summary>
    public bool IsNumber => _text is null && _bytes is null;

    /// <summary>The integer; 0 when this is a string.</summary>
    public long Number { get; }

    /// <summary>How many bytes the string has before escaping.</summary>
    public int ByteCount => _bytes?.Length ?? Encoding.UTF8.GetByteCount(_text ?? "");

    /// <summary>Copies the bytes of the string and returns how many there are.</summary>
    public int CopyBytesTo(Span<byte> destination)
    {
        if (_bytes is null)
        {
            return Encoding.UTF8.GetBytes(_text ?? "", destination);
        }

        _bytes.CopyTo(destination);
        return _bytes.Length;
    }

    public static implicit operator KeyPart(long number) => new(number, null, null);

    public static implicit operator KeyPart(string text) => new(0, text, null);

    public static implicit operator KeyPart(byte[] bytes) => new(0, null, bytes);
}
