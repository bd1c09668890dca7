using System.Net;
using MetaService.Server.Access;
using MetaService.Server.Settings;

namespace MetaService.ApiTests.Access;

/// <summary>From where RPCs are accepted without a token.</summary>
public sealed class AllowedNetworksTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "::ffff:10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "11.0.0.1", false)]
    [InlineData("10.0.0.0/8", "::ffff:11.0.0.1", false)]
    [InlineData("10.0.0.0/8", "127.0.0.1", false)]
    [InlineData("10.0.0.0/8", "fd00::1", false)]
    [InlineData("192.168.7.9", "192.168.7.9", true)]
    [InlineData("192.168.7.9", "192.168.7.8", false)]
    [InlineData("fd00::/8", "fd12:3456::1", true)]
    [InlineData("fd00::/8", "fe80::1", false)]
    [InlineData("2001:db8::5", "2001:db8::5", true)]
    [InlineData(" 10.0.0.0/8 ", "10.0.0.1", true)]
    public void An_address_is_in_a_network_or_not(string network, string address, bool isAllowed)
    {
        var options = new ServerOptions { Listen = "0.0.0.0:5000" };
        options.Rpc.AllowedNetworks.Add(network);
        new AllowedNetworks(options).Contains(IPAddress.Parse(address)).Should().Be(isAllowed);
    }

    [Theory]
    [InlineData("127.0.0.1:5000", "", true)]
    [InlineData("127.0.0.1:5000,[::1]:5000", "", true)]
    [InlineData("0.0.0.0:5000", "", false)]
    [InlineData("127.0.0.1:5000", "0.0.0.0:5001", false)]
    public void Without_a_network_loopback_is_allowed_while_nobody_else_can_connect(string listen, string rpcListen, bool isAllowed)
    {
        var networks = new AllowedNetworks(new ServerOptions { Listen = listen, RpcListen = rpcListen });
        foreach (var address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback, IPAddress.Parse("127.0.0.9") })
        {
            networks.Contains(address).Should().Be(isAllowed);
        }

        networks.Contains(IPAddress.Parse("10.0.0.1")).Should().BeFalse();
        networks.Contains(null).Should().BeFalse();
    }

    [Fact]
    public void With_a_network_loopback_is_not_allowed_by_itself()
    {
        var options = new ServerOptions();
        options.Rpc.AllowedNetworks.Add("10.0.0.0/8");
        new AllowedNetworks(options).Contains(IPAddress.Loopback).Should().BeFalse();
    }

    [Fact]
    public void Nodes_may_read_operate_and_see_secrets_unless_told_otherwise()
    {
        var options = new ServerOptions();
        new AllowedNetworks(options).Scopes.Should().Be(Scopes.Read | Scopes.Operate | Scopes.Secrets);
        options.Rpc.Scopes.Add("read");
        new AllowedNetworks(options).Scopes.Should().Be(Scopes.Read);
    }
}
