using System.Text.Json;
using MetaService.Server.Access;
using MetaService.Server.Settings;

namespace MetaService.TestKit.Support;

/// <summary>Named tokens as the settings and the tokens file hold them.</summary>
public static class TestTokens
{
    /// <summary>The entry of a token.</summary>
    public static TokenEntry Entry(string name, string token, params string[] scopes)
    {
        var entry = new TokenEntry { Name = name, Sha256 = Convert.ToHexString(NamedToken.DigestOf(token)) };
        foreach (var scope in scopes)
        {
            entry.Scopes.Add(scope);
        }

        return entry;
    }

    /// <summary>The text of a tokens file.</summary>
    public static string File(params TokenEntry[] entries) => JsonSerializer.Serialize(entries);
}
