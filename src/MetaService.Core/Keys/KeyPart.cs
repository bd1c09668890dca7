using System.Text;
using MetaService.Storage;

namespace MetaService.Keys;

/// <summary>The value of one field of a key: a signed integer, a string of bytes (text is UTF-8) or a versionstamp.</summary>
public readonly struct KeyPart : IEquatable<KeyPart>
{
    /// <summary>Refuses text that has no UTF-8 form: replacing it would let two different texts make one key.</summary>
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly byte[]? _bytes;
    private readonly string? _text;
    private readonly ushort? _order;

    private KeyPart(long number, string? text, byte[]? bytes, ushort? order)
    {
        Number = number;
        _text = text;
        _bytes = bytes;
        _order = order;
    }

    /// <summary>
    /// What this is: <see cref="KeyFieldKind.Number"/>, <see cref="KeyFieldKind.Text"/> or
    /// <see cref="KeyFieldKind.Versionstamp"/>.
    /// </summary>
    public KeyFieldKind Kind =>
        _text is not null || _bytes is not null ? KeyFieldKind.Text
        : _order is not null ? KeyFieldKind.Versionstamp
        : KeyFieldKind.Number;

    /// <summary>Whether this is an integer.</summary>
    public bool IsNumber => Kind == KeyFieldKind.Number;

    /// <summary>The integer; 0 when this is a string.</summary>
    public long Number { get; }

    /// <summary>The versionstamp; only for <see cref="KeyFieldKind.Versionstamp"/>.</summary>
    public Versionstamp Stamp => new(Number, _order.GetValueOrDefault());

    /// <summary>How many bytes the string has before escaping.</summary>
    /// <exception cref="ArgumentException">The text has no UTF-8 form (a lone surrogate).</exception>
    public int ByteCount => _bytes?.Length ?? StrictUtf8.GetByteCount(_text ?? "");

    /// <summary>Copies the bytes of the string and returns how many there are.</summary>
    /// <exception cref="ArgumentException">The text has no UTF-8 form, or the destination is too short.</exception>
    public int CopyBytesTo(Span<byte> destination)
    {
        if (_bytes is null)
        {
            return StrictUtf8.GetBytes(_text ?? "", destination);
        }

        _bytes.CopyTo(destination);
        return _bytes.Length;
    }

    /// <summary>The bytes of the string.</summary>
    public byte[] ToBytes() => _bytes ?? StrictUtf8.GetBytes(_text ?? "");

    /// <summary>The string as text. Bytes that are not UTF-8 become U+FFFD: for reading, not for making keys.</summary>
    public string ToText() => _text ?? Encoding.UTF8.GetString(_bytes ?? []);

    /// <inheritdoc/>
    public bool Equals(KeyPart other) =>
        Kind == other.Kind && Number == other.Number && _order == other._order
        && (Kind != KeyFieldKind.Text || ToBytes().AsSpan().SequenceEqual(other.ToBytes()));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeyPart other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Number);
        hash.Add(_order);
        if (Kind == KeyFieldKind.Text)
        {
            hash.AddBytes(ToBytes());
        }

        return hash.ToHashCode();
    }

    public static bool operator ==(KeyPart left, KeyPart right) => left.Equals(right);

    public static bool operator !=(KeyPart left, KeyPart right) => !left.Equals(right);

    public static implicit operator KeyPart(long number) => new(number, null, null, null);

    public static implicit operator KeyPart(string text) => new(0, text, null, null);

    public static implicit operator KeyPart(byte[] bytes) => new(0, null, bytes, null);

    public static implicit operator KeyPart(Versionstamp stamp) => new(stamp.Version, null, null, stamp.Order);
}
