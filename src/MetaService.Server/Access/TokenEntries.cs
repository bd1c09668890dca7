using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using MetaService.Server.Settings;

namespace MetaService.Server.Access;

/// <summary>
/// Turns written tokens into <see cref="NamedToken"/>s. Messages name the entry and the rule; they repeat neither a digest nor a
/// name that is none, since somebody may have put a token there by mistake.
/// </summary>
public static partial class TokenEntries
{
    private static readonly JsonDocumentOptions Lenient =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>The tokens of entries.</summary>
    /// <param name="place">Where they are written, for messages.</param>
    /// <exception cref="SettingsException">An entry is incomplete or malformed.</exception>
    public static List<NamedToken> Parse(IEnumerable<TokenEntry> entries, string place) =>
        [.. entries.Select((entry, index) => Parse(entry, $"{place}: entry {index + 1}"))];

    /// <summary>The tokens of a file: a JSON array of objects with <c>Name</c>, <c>Sha256</c> and <c>Scopes</c>.</summary>
    /// <exception cref="SettingsException">The text is something else.</exception>
    public static List<NamedToken> ParseFile(ReadOnlyMemory<byte> json, string place)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Lenient);
            if (document.RootElement.ValueKind != JsonValueKind.Array)
            {
                throw new SettingsException(
                    $"{place}: must be a JSON array of tokens; 'metaservice tokens new' prints an entry for it");
            }

            var items = document.RootElement.EnumerateArray();
            return Parse([.. items.Select((item, index) => Read(item, $"{place}: entry {index + 1}"))], place);
        }
        catch (JsonException e)
        {
            // The exception's own message quotes the text.
            throw new SettingsException($"{place}: is not JSON, line {(e.LineNumber ?? 0) + 1}");
        }
    }

    private static TokenEntry Read(JsonElement item, string place)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            throw new SettingsException($"{place}: must be an object with Name, Sha256 and Scopes");
        }

        var entry = new TokenEntry();
        foreach (var property in item.EnumerateObject())
        {
            switch (property.Name.ToUpperInvariant())
            {
                case "NAME":
                    entry.Name = Text(property.Value, place, "Name");
                    break;
                case "SHA256":
                    entry.Sha256 = Text(property.Value, place, "Sha256");
                    break;
                case "SCOPES" when property.Value.ValueKind == JsonValueKind.Array:
                    foreach (var scope in property.Value.EnumerateArray())
                    {
                        entry.Scopes.Add(Text(scope, place, "Scopes"));
                    }

                    break;
                default:
                    throw new SettingsException($"{place}: may hold Name, Sha256 and a list of Scopes, and nothing else");
            }
        }

        return entry;
    }

    private static string Text(JsonElement value, string place, string name) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw new SettingsException($"{place}: {name} must be text");

    private static NamedToken Parse(TokenEntry entry, string place)
    {
        if (!NamePattern().IsMatch(entry.Name))
        {
            throw new SettingsException($"{place}: Name must be 1 to 64 letters, digits, dots, underscores and hyphens");
        }

        var named = $"{place} ({entry.Name})";
        if (entry.Sha256.Length != SHA256.HashSizeInBytes * 2 || entry.Sha256.Any(c => !char.IsAsciiHexDigit(c)))
        {
            throw new SettingsException(
                $"{named}: Sha256 must be the 64 hex digits of the token's SHA-256, never the token itself");
        }

        return ScopeNames.Parse(entry.Scopes) is { } scopes and not Scopes.None
            ? new NamedToken(entry.Name, scopes, Convert.FromHexString(entry.Sha256))
            : throw new SettingsException($"{named}: Scopes must name at least one of {ScopeNames.List}, and nothing else");
    }

    /// <summary>What a name may be; it goes into logs as it is.</summary>
    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}\z")]
    internal static partial Regex NamePattern();
}
