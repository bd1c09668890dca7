using System.Security.Cryptography;
using MetaService.Server.Hosting.Reload;
using MetaService.Server.Settings;

namespace MetaService.Server.Access;

/// <summary>The accepted tokens: those of the settings, and those of the tokens file as it is now.</summary>
public sealed class TokenSource : IReloadable
{
    /// <summary>What logs call the token of the API document.</summary>
    public const string DocumentTokenName = "default";

    private const string FromSettings = "Access:Tokens";

    private readonly List<NamedToken> _fixed;
    private readonly WatchedFiles? _file;
    private readonly string _place;
    private readonly bool _isLoopbackOnly;
    private volatile TokenTable _current;

    /// <summary>Reads the tokens of settings and file.</summary>
    /// <exception cref="SettingsException">One of them is malformed, or not safe where the server listens.</exception>
    public TokenSource(ServerOptions options)
    {
        _isLoopbackOnly = options.IsLoopbackOnly();
        _fixed = [.. ClearTokens(options), .. TokenEntries.Parse(options.Access.Tokens, FromSettings)];
        _place = $"Access:TokensFile {options.Access.TokensFile}";
        if (!string.IsNullOrEmpty(options.Access.TokensFile))
        {
            _file = new WatchedFiles(options.Access.TokensFile);
        }
        else if (_fixed.Count == 0 && _isLoopbackOnly)
        {
            _fixed.Add(new NamedToken(DocumentTokenName, Scopes.All, NamedToken.DigestOf(ServerOptions.DocumentToken)));
        }

        _current = Table(_file?.Read()[0]);
    }

    /// <summary>The tokens that are accepted now.</summary>
    public TokenTable Current => _current;

    /// <inheritdoc/>
    public void Reload(ILogger log)
    {
        try
        {
            if (_file?.ReadIfChanged() is { } contents)
            {
                _current = Table(contents[0]);
                log.LogInformation("Tokens were read again: {Names}", string.Join(", ", _current.Names));
            }
        }
        catch (SettingsException e)
        {
            log.LogError("The tokens stay as they were: {Reason}", e.Message);
        }
    }

    private static IEnumerable<NamedToken> ClearTokens(ServerOptions options)
    {
        var named = options.Tokens.Select((token, index) => (Name: $"token-{index + 1}", Token: token))
            .Prepend((Name: "token", Token: options.Token ?? ""));
        return named.Where(t => t.Token.Length > 0).DistinctBy(t => t.Token)
            .Select(t => new NamedToken(t.Name, Scopes.All, NamedToken.DigestOf(t.Token)));
    }

    private TokenTable Table(byte[]? file)
    {
        List<NamedToken> tokens = file is null ? _fixed : [.. _fixed, .. TokenEntries.ParseFile(file, _place)];
        foreach (var (index, token) in tokens.Index())
        {
            foreach (var other in tokens.Skip(index + 1))
            {
                if (other.Name == token.Name)
                {
                    throw new SettingsException($"two tokens have the name {token.Name}: give one of them another");
                }

                if (CryptographicOperations.FixedTimeEquals(token.Digest.Span, other.Digest.Span))
                {
                    throw new SettingsException(
                        $"{token.Name} and {other.Name} are the same token: remove one of them, or make another with " +
                        "'metaservice tokens new'");
                }
            }

            RefuseKnownToken(token);
        }

        return new TokenTable(tokens);
    }

    private void RefuseKnownToken(NamedToken token)
    {
        if (!_isLoopbackOnly && Is(token, ServerOptions.DocumentToken))
        {
            throw new SettingsException(
                $"the listeners let other machines in, and {token.Name} is the well-known token of the documentation: " +
                "set a token of your own in the environment variable METASERVICE__TOKEN (or Token in appsettings.json), " +
                "or listen on 127.0.0.1 only");
        }

        if (Is(token, ""))
        {
            throw new SettingsException($"{token.Name} is the digest of an empty token: make one with 'metaservice tokens new'");
        }
    }

    private static bool Is(NamedToken token, string clear) =>
        CryptographicOperations.FixedTimeEquals(token.Digest.Span, NamedToken.DigestOf(clear));
}
