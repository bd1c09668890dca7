using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace MetaService.ApiTests.Processes;

/// <summary>What a stop leaves time for.</summary>
public sealed class StopTests
{
    /// <summary>Longer than a command line is given by default when it is told to end.</summary>
    private static readonly TimeSpan SlowBody = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task A_request_that_takes_its_time_is_answered_before_the_end()
    {
        using var data = new TemporaryDirectory();
        await using var server = await ServerProcess.StartAsync(data.Path, settings: ("LIMITS__PACEGRACE", "00:01:00"));
        var body = Sample.VaultInstance("slow").ToJsonString();
        using var client = new TcpClient();
        await client.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port);
        await using var stream = client.GetStream();
        var head = $"PUT {server.Api.PathOf("create_instance")} HTTP/1.1\r\nHost: x\r\nContent-Length: {Length(body)}\r\n\r\n";
        await stream.WriteAsync(Encoding.UTF8.GetBytes(head + body[..10]));
        await Task.Delay(100); // The server has to have seen the request: what it has not seen it need not answer.

        var stopped = server.TerminateAsync();
        await Task.Delay(SlowBody);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(body[10..]));

        using var reader = new StreamReader(stream);
        (await reader.ReadLineAsync()).Should().Be("HTTP/1.1 200 OK");
        (await stopped).Should().Be(0);
    }

    private static string Length(string body) => Encoding.UTF8.GetByteCount(body).ToString(CultureInfo.InvariantCulture);
}
