using System.Net;
using System.Net.Sockets;
using MetaService.ApiTests.Tls;
using MetaService.Server.Cli;
using MetaService.Server.Settings;

namespace MetaService.ApiTests.Processes;

/// <summary><c>metaservice health</c>, which containers run to learn whether their server is well.</summary>
public sealed class HealthCommandTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_ready_server_is_worth_exit_code_0()
    {
        await using var server = await InProcessServer.StartAsync();
        var address = $"http://{server.Address.Authority}";
        var result = await CommandLine.RunAsync("health", "--url", address);
        result.Should().Be(new CommandResult(0, $"{address} is ready\n", ""));
        result = await CommandLine.RunAsync("health", "--live", "--url", address + "/");
        result.Should().Be(new CommandResult(0, $"{address} is live\n", ""));
    }

    [Fact]
    public async Task A_server_without_its_store_is_live_and_not_ready()
    {
        await using var server = await InProcessServer.StartAsync();
        await server.Store.DisposeAsync();
        var address = $"http://{server.Address.Authority}";
        (await CommandLine.RunAsync("health", "--live", "--url", address)).ExitCode.Should().Be(0);
        var refused = await CommandLine.RunAsync("health", "--url", address);
        refused.ExitCode.Should().Be(1);
        refused.Output.Should().BeEmpty();
        refused.Errors.Should().MatchRegex($"^metaservice: {address}/health/ready answers 503: .*closed.*\n$");
    }

    [Fact]
    public async Task The_address_is_the_one_that_the_server_of_this_environment_listens_on()
    {
        await using var server = await InProcessServer.StartAsync();
        var listen = new Dictionary<string, string> { ["LISTEN"] = $"0.0.0.0:{server.Address.Port},127.0.0.1:1" };
        (await CommandLine.RunAsync(listen, "health")).Output.Should().Be($"http://{server.Address.Authority} is ready\n");
    }

    [Fact]
    public async Task A_server_with_TLS_is_asked_over_TLS()
    {
        await using var tls = await TlsServer.StartAsync();
        var address = $"https://{tls.Server.Address.Authority}";
        (await CommandLine.RunAsync("health", "--url", address)).Should().Be(new CommandResult(0, $"{address} is ready\n", ""));
        var environment = new Dictionary<string, string>
        {
            ["LISTEN"] = tls.Server.Address.Authority,
            ["TLS__CERTIFICATEFILE"] = tls.CertificateFile,
        };
        (await CommandLine.RunAsync(environment, "health")).Output.Should().Be($"{address} is ready\n");
    }

    [Fact]
    public async Task A_server_that_wants_a_client_certificate_or_speaks_no_TLS_is_a_sentence()
    {
        await using var clear = await InProcessServer.StartAsync();
        await using var tls = await TlsServer.StartAsync(ClientCertificateUse.Required);
        foreach (var authority in new[] { clear.Address.Authority, tls.Server.Address.Authority })
        {
            var refused = await CommandLine.RunAsync("health", "--url", $"https://{authority}");
            refused.ExitCode.Should().Be(1);
            refused.Errors.Should().StartWith($"metaservice: https://{authority}").And.NotContain("   at ");
            refused.Errors.Should().Contain("client certificate").And.EndWith("\n");
        }
    }

    [Fact]
    public async Task An_absent_server_is_a_sentence()
    {
        using var taken = Listener();
        taken.Stop();
        var refused = await CommandLine.RunAsync("health", "--url", $"http://{taken.LocalEndpoint}");
        refused.ExitCode.Should().Be(1);
        refused.Errors.Should().Be($"metaservice: http://{taken.LocalEndpoint} cannot be reached: Connection refused\n");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("ftp://127.0.0.1:5000")]
    [InlineData("http://127.0.0.1:5000/MetaService")]
    [InlineData("http://user:secret@127.0.0.1:5000")]
    public async Task An_address_that_makes_no_sense_is_refused_without_repeating_it(string url)
    {
        var refused = await CommandLine.RunAsync("health", "--url", url);
        refused.ExitCode.Should().Be(1);
        refused.Errors.Should().Be("metaservice: --url is not http://HOST:PORT or https://HOST:PORT, e.g. http://127.0.0.1:5000\n");
    }

    [Theory]
    [InlineData("*:5000", "http://127.0.0.1:5000")]
    [InlineData("0.0.0.0:5001", "http://127.0.0.1:5001")]
    [InlineData("10.0.0.7:5000", "http://10.0.0.7:5000")]
    [InlineData("[fd00::7]:5000", "http://[fd00::7]:5000")]
    public void A_listener_is_asked_where_it_can_be_reached(string listen, string expected)
    {
        var listener = new ServerOptions { Listen = listen }.Endpoints().Single();
        HealthAddress.Of(listener).ToString().Should().Be(expected);
        HealthAddress.Parse(expected).Should().Be(HealthAddress.Of(listener));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_not_waited_for_forever()
    {
        using var silent = Listener();
        await ShouldFailAsync(silent, TimeSpan.FromMilliseconds(50), "does not answer within 0.05 s");
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.9\r\n", "/health/ready answers something that is not HTTP")]
    [InlineData("", "/health/ready answers something that is not HTTP")]
    [InlineData("HTTP/1.1 404 Not Found\r\n\r\n<html>reason</html>", "/health/ready answers 404")]
    [InlineData("HTTP/1.1 503 Busy\r\n\r\n[\"reason\"]", "/health/ready answers 503")]
    [InlineData("HTTP/1.0 2000 OK\r\n\r\n", "/health/ready answers something that is not HTTP")]
    public async Task Another_kind_of_server_is_no_ready_one(string reply, string sentence)
    {
        using var other = Listener();
        var answered = AnswerAsync(other, reply);
        await ShouldFailAsync(other, Patience, sentence);
        await answered;
    }

    private static async Task ShouldFailAsync(TcpListener server, TimeSpan patience, string sentence)
    {
        var address = HealthAddress.Of((IPEndPoint)server.LocalEndpoint);
        var ask = () => HealthProbe.RunAsync(address, live: false, patience, CancellationToken.None);
        (await ask.Should().ThrowAsync<HealthException>()).Which.Message.Should().StartWith($"{address}").And.EndWith(sentence);
    }

    private static TcpListener Listener()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static async Task AnswerAsync(TcpListener listener, string reply)
    {
        using var client = await listener.AcceptTcpClientAsync();
        var stream = client.GetStream();
        using var reader = new StreamReader(stream, leaveOpen: true);
        while (!string.IsNullOrEmpty(await reader.ReadLineAsync()))
        {
        }

        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(reply));
    }
}
