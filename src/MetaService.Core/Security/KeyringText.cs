using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace MetaService.Security;

/// <summary>
/// The text form of a keyring: a line <c>ID BASE64</c> for each key, the key being 32 bytes, and <c> current</c> behind one of
/// them. A single key is current by itself. Empty lines and lines that begin with <c>#</c> are passed over.
/// </summary>
public static class KeyringText
{
    /// <summary>The word behind the current key.</summary>
    public const string CurrentMark = "current";

    /// <summary>Longest text, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    private static readonly SearchValues<byte> Blanks = SearchValues.Create(" \t\r"u8);

    /// <summary>Reads a keyring.</summary>
    /// <param name="source">What to call the text in messages.</param>
    /// <exception cref="SecretKeyException">
    /// The text is none; the message names the line, and nothing of what is in it.
    /// </exception>
    public static SecretKeyring Parse(ReadOnlySpan<byte> text, string source)
    {
        var keys = new Dictionary<long, SecretKey>();
        long? current = null;
        var number = 0;
        foreach (var range in text.Split((byte)'\n'))
        {
            number++;
            var line = text[range].Trim(" \t\r"u8);
            if (line.IsEmpty || line[0] == '#')
            {
                continue;
            }

            var (key, isCurrent) = ParseLine(line, $"{source}: line {number}");
            if (!keys.TryAdd(key.Id, key))
            {
                throw new SecretKeyException($"{source}: line {number}: key {key.Id} is given twice");
            }

            if (isCurrent && current is not null)
            {
                throw new SecretKeyException(
                    $"{source}: keys {current} and {key.Id} are both marked '{CurrentMark}'; only one may be");
            }

            current = isCurrent ? key.Id : current;
        }

        if (keys.Count == 0)
        {
            throw new SecretKeyException($"{source}: there is no key; make one with 'metaservice secrets new-key'");
        }

        current ??= keys.Count == 1
            ? keys.Keys.Single()
            : throw new SecretKeyException($"{source}: there are several keys and none is marked '{CurrentMark}'");
        return new SecretKeyring(keys.Values, current.Value);
    }

    /// <summary>
    /// The line of a key, without a mark and a line end. It holds the key: it is for the one place that keys are kept in.
    /// </summary>
    public static string Line(SecretKey key) => $"{key.Id} {Convert.ToBase64String(key.Material)}";

    private static (SecretKey Key, bool IsCurrent) ParseLine(ReadOnlySpan<byte> line, string place)
    {
        var idWord = NextWord(ref line);
        var keyWord = NextWord(ref line);
        var mark = NextWord(ref line);
        if (!Utf8Parser.TryParse(idWord, out long id, out var used) || used != idWord.Length || id <= 0 || idWord[0] == '+')
        {
            throw new SecretKeyException($"{place}: it must begin with the key's id, a whole number from 1");
        }

        var isCurrent = mark.SequenceEqual(Encoding.ASCII.GetBytes(CurrentMark));
        if (!line.IsEmpty || !(mark.IsEmpty || isCurrent))
        {
            throw new SecretKeyException($"{place}: only '{CurrentMark}' may stand behind key {id}");
        }

        Span<byte> material = stackalloc byte[SecretKey.Bytes + 1]; // One more, to notice a longer one.
        try
        {
            var status = Base64.DecodeFromUtf8(keyWord, material, out _, out var length);
            return status == OperationStatus.Done && length == SecretKey.Bytes
                ? (new SecretKey(id, material[..length]), isCurrent)
                : throw new SecretKeyException($"{place}: key {id} is not {SecretKey.Bytes} bytes in base64");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(material);
        }
    }

    /// <summary>Takes the first word off a line; empty when there is none.</summary>
    private static ReadOnlySpan<byte> NextWord(ref ReadOnlySpan<byte> line)
    {
        var end = line.IndexOfAny(Blanks);
        var word = end < 0 ? line : line[..end];
        line = end < 0 ? [] : line[end..].TrimStart(" \t\r"u8);
        return word;
    }
}
