using MetaService.Server.Hosting.Reload;
using MetaService.Server.Settings;

namespace MetaService.Server.Access;

/// <summary>Everything that decides who is let in, read and checked before the server starts.</summary>
public sealed class AccessSetup
{
    private const int ShortToken = 16;

    private static readonly TimeSpan LongestInterval = TimeSpan.FromHours(1);

    private readonly ServerOptions _options;

    /// <exception cref="SettingsException">Settings that are malformed, or not safe together; the message says what to
    /// do.</exception>
    public AccessSetup(ServerOptions options)
    {
        _options = options;
        if (options.ReloadInterval <= TimeSpan.Zero || options.ReloadInterval > LongestInterval)
        {
            throw new SettingsException("ReloadInterval must be longer than nothing and not over an hour, written as 00:00:05");
        }

        Tokens = new TokenSource(options);
        Networks = new AllowedNetworks(options);
        Certificates = new ClientCertificateTokens(options.Tls, Tokens.Current);
        if (!options.IsLoopbackOnly() && Tokens.Current.Count == 0 && Networks.Count == 0)
        {
            throw new SettingsException(
                $"listening on {options.Listen} lets other machines in, and there is neither a token nor a network to let in: " +
                "set a token of your own in the environment variable METASERVICE__TOKEN (or Token in appsettings.json), " +
                "name the networks of the FE and BE nodes in METASERVICE__RPC__ALLOWEDNETWORKS__0, or listen on 127.0.0.1 only");
        }
    }

    public TokenSource Tokens { get; }

    public AllowedNetworks Networks { get; }

    public ClientCertificateTokens Certificates { get; }

    public void AddTo(IServiceCollection services) => services
        .AddSingleton(Tokens).AddSingleton<IReloadable>(Tokens)
        .AddSingleton(Networks).AddSingleton(Certificates).AddSingleton<AccessGate>();

    /// <summary>Says what is allowed and yet not as safe as it could be.</summary>
    public void Warn(ILogger log)
    {
        if (_options.IsLoopbackOnly())
        {
            return;
        }

        if (!_options.Tls.IsOn)
        {
            log.LogWarning(
                "The listeners {Listen} let other machines in without TLS: tokens, ak and sk cross the network readable. Set " +
                "Tls:CertificateFile and Tls:KeyFile, or let nothing but a proxy with TLS reach them", _options.Listen);
        }

        if (Tokens.Current.Count == 0)
        {
            log.LogWarning("There is no token, so that every HTTP call is refused; only nodes of Rpc:AllowedNetworks are served");
        }
        else if (Networks.Count == 0)
        {
            log.LogWarning(
                "Rpc:AllowedNetworks is empty, so that FE and BE nodes, which send no token, are refused: set " +
                "METASERVICE__RPC__ALLOWEDNETWORKS__0 to their network");
        }

        if (_options.Tokens.Append(_options.Token).Any(t => t is { Length: > 0 and < ShortToken }))
        {
            log.LogWarning(
                "A token of fewer than {Length} characters can be guessed: make one with 'metaservice tokens new'", ShortToken);
        }
    }
}
