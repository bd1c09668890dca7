using System.Globalization;
using MetaService.Storage;

namespace MetaService.Keys;

/// <summary>
/// A key that a caller named, either as hex or as a type and its fields: the parameters of encode_key and get_value.
/// </summary>
/// <param name="Definition">The key's type.</param>
/// <param name="Key">The key taken apart.</param>
/// <param name="IsExact">Whether the key was given as bytes, so that it stands for that one key only.</param>
public sealed record KeyQuery(KeyDefinition Definition, ParsedKey Key, bool IsExact)
{
    private const string KeyParameter = "key";
    private const string TypeParameter = "key_type";
    private const int MaxQuoted = 64;

    /// <summary>
    /// Reads <c>key</c> (hex) with an optional <c>key_type</c>, or <c>key_type</c> with a parameter for each field. Other
    /// parameters are ignored.
    /// </summary>
    /// <exception cref="KeyFormatException">A parameter is missing, empty or wrong; the message names it.</exception>
    public static KeyQuery FromKeyOrFields(IReadOnlyDictionary<string, string> parameters)
    {
        if (ValueOf(parameters, KeyParameter) is not { } hex)
        {
            return ValueOf(parameters, TypeParameter) is null
                ? throw new KeyFormatException($"neither {KeyParameter} nor {TypeParameter} is given")
                : FromFields(parameters);
        }

        var key = KeySpace.Parse(KeyHex.Parse(hex));
        if (ValueOf(parameters, TypeParameter) is { } type && FindType(type) != key.Definition)
        {
            throw new KeyFormatException($"the key is a {key.Definition.Name}, not a {type}");
        }

        return new KeyQuery(key.Definition, key, IsExact: true);
    }

    /// <summary>Reads <c>key_type</c> with a parameter for each field. Other parameters are ignored.</summary>
    /// <exception cref="KeyFormatException">A parameter is missing, empty or wrong; the message names it.</exception>
    public static KeyQuery FromFields(IReadOnlyDictionary<string, string> parameters)
    {
        var type = ValueOf(parameters, TypeParameter) ?? throw new KeyFormatException($"{TypeParameter} is not given or empty");
        var definition = FindType(type);
        var values = new List<KeyPart>();
        foreach (var field in definition.Fields)
        {
            if (field.Kind == KeyFieldKind.Literal)
            {
                continue;
            }

            if (Read(field, parameters) is { } value)
            {
                values.Add(value);
            }
            else if (field.Kind != KeyFieldKind.EndVersionstamp)
            {
                throw new KeyFormatException($"{field.Name} is not given or empty");
            }
        }

        return new KeyQuery(definition, new ParsedKey(definition, values), IsExact: false);
    }

    private static IEnumerable<string> TypeNames => KeySpace.All.Select(d => d.Name).Order(StringComparer.Ordinal);

    private static KeyDefinition FindType(string type) =>
        KeySpace.Find(type)
        ?? throw new KeyFormatException($"key_type not supported: {Quote(type)}; known are {string.Join(", ", TypeNames)}");

    private static KeyPart? Read(KeyField field, IReadOnlyDictionary<string, string> parameters)
    {
        foreach (var name in field.ParameterNames)
        {
            if (ValueOf(parameters, name) is { } text)
            {
                return field.Kind switch
                {
                    KeyFieldKind.Number => ReadNumber(name, text),
                    KeyFieldKind.Text => ReadText(name, text),
                    _ => ReadVersionstamp(name, text),
                };
            }
        }

        return null;
    }

    private static long ReadNumber(string name, string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number != long.MinValue)
        {
            return number;
        }

        var digits = text.StartsWith('-') ? text.AsSpan(1) : text;
        throw new KeyFormatException(digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9')
            ? $"{name} is not an integer: {Quote(text)}"
            : $"{name} is out of range: {Quote(text)} is not between {-long.MaxValue} and {long.MaxValue}");
    }

    private static string ReadText(string name, string text)
    {
        // A lone surrogate has no UTF-8 form.
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text, i))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                throw new KeyFormatException($"{name} is not valid text");
            }
        }

        return text;
    }

    private static Versionstamp ReadVersionstamp(string name, string text) =>
        text.Length == 2 * Versionstamp.Length && text.All(char.IsAsciiHexDigit)
            ? Versionstamp.Read(Convert.FromHexString(text))
            : throw new KeyFormatException($"{name} is not {2 * Versionstamp.Length} hex digits: {Quote(text)}");

    private static string? ValueOf(IReadOnlyDictionary<string, string> parameters, string name) =>
        parameters.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    private static string Quote(string text) =>
        text.Length <= MaxQuoted ? KeyPrinter.Escape(text) : KeyPrinter.Escape(text[..MaxQuoted]) + "...";
}
