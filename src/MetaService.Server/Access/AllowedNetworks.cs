using System.Net;
using MetaService.Server.Settings;

namespace MetaService.Server.Access;

/// <summary>The networks from which RPCs are accepted without a token, and what they may do.</summary>
public sealed class AllowedNetworks
{
    private const string Setting = "Rpc:AllowedNetworks";
    private const string Example = "10.0.0.0/8";

    private readonly List<IPNetwork> _networks;

    /// <exception cref="SettingsException">A network or a scope is malformed, or a network is the whole world.</exception>
    public AllowedNetworks(ServerOptions options)
    {
        _networks = [.. options.Rpc.AllowedNetworks.Where(text => text.Length > 0).Select(Parse)];
        if (_networks.Count == 0 && options.IsLoopbackOnly())
        {
            _networks = [new IPNetwork(IPAddress.Parse("127.0.0.0"), 8), new IPNetwork(IPAddress.IPv6Loopback, 128)];
        }

        Scopes = options.Rpc.Scopes.Count == 0
            ? Scopes.Read | Scopes.Operate | Scopes.Secrets
            : ScopeNames.Parse(options.Rpc.Scopes)
                ?? throw new SettingsException($"Rpc:Scopes must name nothing but {ScopeNames.List}");
    }

    /// <summary>What callers from these networks may do.</summary>
    public Scopes Scopes { get; }

    /// <summary>How many networks there are.</summary>
    public int Count => _networks.Count;

    /// <summary>Whether an address is in one of them.</summary>
    public bool Contains(IPAddress? address)
    {
        if (address is null)
        {
            return false;
        }

        // A listener on every address, IPv6 and IPv4 alike, sees IPv4 peers as ::ffff:a.b.c.d.
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        foreach (var network in _networks)
        {
            if (network.Contains(plain))
            {
                return true;
            }
        }

        return false;
    }

    private static IPNetwork Parse(string text)
    {
        text = text.Trim();
        var isNetwork = text.Contains('/', StringComparison.Ordinal)
            ? IPNetwork.TryParse(text, out var network)
            : TryParseAddress(text, out network);
        if (!isNetwork)
        {
            throw new SettingsException(
                $"{Setting}: '{text}' is not a network in CIDR form such as {Example}, with zeros after its prefix");
        }

        return network.PrefixLength > 0
            ? network
            : throw new SettingsException(
                $"{Setting}: {text} would let every machine read and change everything without a token: " +
                $"name the networks of the FE and BE nodes, such as {Example}");
    }

    private static bool TryParseAddress(string text, out IPNetwork network)
    {
        var isAddress = IPAddress.TryParse(text, out var address);
        network = isAddress ? new IPNetwork(address!, address!.GetAddressBytes().Length * 8) : default;
        return isAddress;
    }
}
