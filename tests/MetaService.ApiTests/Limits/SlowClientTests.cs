using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using MetaService.ApiTests.Tls;
using MetaService.Server.Hosting;
using MetaService.Server.Limits;
using MetaService.Server.Settings;

namespace MetaService.ApiTests.Limits;

/// <summary>A client that is silent or slow is let go, and holds up nobody while it is there.</summary>
public sealed class SlowClientTests
{
    private const string Token = ServerOptions.DocumentToken;

    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>What a client sends before it falls silent.</summary>
    public static TheoryData<string, string> Beginnings => new()
    {
        { "nothing", "" },
        { "one byte of HTTP/1.1", "G" },
        { "one byte that may become HTTP/2", "P" },
        { "half a preface", "PRI * HTTP" },
        { "half a request line", "GET /MetaService/http/list_inst" },
        { "half a header", "GET /health/live HTTP/1.1\r\nHost: x\r\nX-Some" },
        { "a preface and no settings", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
    };

    [Theory]
    [MemberData(nameof(Beginnings))]
    public async Task A_client_that_falls_silent_before_its_request_is_let_go(string what, string sent)
    {
        await using var server = await InProcessServer.StartAsync(configure: options =>
        {
            options.Limits.HeaderTimeout = Short;
            options.Limits.KeepAlive = Short;
        });
        using var client = await ConnectAsync(server.Address, sent);
        await ReadToEndAsync(client);
        await Eventually.HoldsAsync(() => server.Service<ConnectionCounter>().Open == 0, $"{what} is no longer counted");
    }

    [Fact]
    public async Task A_thousand_silent_clients_hold_no_thread_and_keep_nobody_waiting()
    {
        await using var server = await InProcessServer.StartAsync();
        var clients = new List<TcpClient>();
        try
        {
            var threads = ThreadPool.ThreadCount;
            for (var i = 0; i < 1000; i++)
            {
                clients.Add(await ConnectAsync(server.Address, i % 2 == 0 ? "" : "P"));
            }

            await Eventually.HoldsAsync(() => server.Service<ConnectionCounter>().Open >= 1000, "all are connected");
            var started = Stopwatch.GetTimestamp();
            (await server.Api.GetAsync("list_instances")).ShouldBeOk();
            Stopwatch.GetElapsedTime(started).Should().BeLessThan(new LimitOptions().HeaderTimeout);
            (ThreadPool.ThreadCount - threads).Should().BeLessThan(100);
        }
        finally
        {
            clients.ForEach(c => c.Dispose());
        }
    }

    [Fact]
    public async Task A_silent_client_of_TLS_is_let_go()
    {
        await using var tls = await TlsServer.StartAsync(configure: options => options.Limits.HeaderTimeout = Short);
        using var client = await ConnectAsync(tls.Server.Address, "");
        await ReadToEndAsync(client);
        using var half = await ConnectAsync(tls.Server.Address, "\x16\x03\x01");
        await ReadToEndAsync(half);
        await Eventually.HoldsAsync(() => tls.Server.Service<ConnectionCounter>().Open == 0, "they are no longer counted");
    }

    [Fact]
    public async Task A_connection_without_requests_is_closed_after_a_while()
    {
        await using var server = await InProcessServer.StartAsync(configure: options => options.Limits.KeepAlive = Short);
        using var client = await ConnectAsync(server.Address, "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
        (await ReadToEndAsync(client)).Should().Contain("200 OK");

        using var http2 = await RawHttp2.ConnectAsync(server.Address);
        await http2.ReadToEndAsync();
    }

    [Fact]
    public async Task A_body_that_does_not_come_is_waited_for_only_so_long()
    {
        await using var server = await InProcessServer.StartAsync(configure: options => options.Limits.BodyTimeout = Short);
        var head = $"PUT /MetaService/http/create_instance?token={Token} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{";
        var reply = await RawHttp.SendAsync(server.Address, head);
        reply.Status.Should().Be(408);
        reply.Body.Should().Contain("INVALID_ARGUMENT").And.Contain("too slowly");
    }

    [Fact]
    public async Task A_message_that_does_not_come_ends_its_connection()
    {
        await using var server = await InProcessServer.StartAsync(
            configure: options => options.Limits.PaceGrace = TimeSpan.FromSeconds(1.1));
        using var connection = await RawHttp2.ConnectAsync(server.Address);
        await connection.BeginCallAsync(1, "/doris.cloud.MetaService/create_instance");
        await connection.SendDataAsync(1, 0, 0, 1, 0, 0, 10);
        await connection.ReadToEndAsync();
    }

    /// <summary>
    /// With one place and nobody waiting, a call that held a place while its client is slow would keep out all others.
    /// </summary>
    [Fact]
    public async Task A_client_that_sends_slowly_holds_no_place()
    {
        await using var server = await InProcessServer.StartAsync(configure: OnePlace);
        using var http1 = await ConnectAsync(
            server.Address, $"PUT /MetaService/http/create_instance?token={Token} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{");
        using var json = await ConnectAsync(
            server.Address, $"PUT /MetaService/create_instance?token={Token} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{");
        using var text = await ConnectAsync(
            server.Address, $"PUT /MetaService/http/abort_txn?token={Token} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{");
        using var grpc = await RawHttp2.ConnectAsync(server.Address);
        await grpc.BeginCallAsync(1, "/doris.cloud.MetaService/create_instance");
        await grpc.SendDataAsync(1, 0, 0, 1, 0, 0, 10);
        await Eventually.HoldsAsync(() => server.Service<ConnectionCounter>().Open >= 4, "all are connected");

        for (var i = 0; i < 20; i++)
        {
            (await server.Api.GetAsync("list_instances")).ShouldBeOk();
        }

        server.Service<Admission>().Working.Should().Be(0);
    }

    [Fact]
    public async Task A_client_that_reads_slowly_holds_no_place()
    {
        await using var server = await InProcessServer.StartAsync(configure: OnePlace);
        for (var i = 0; i < 100; i++)
        {
            var body = Sample.VaultInstance($"i{i}");
            body["name"] = new string('n', 1000);
            (await server.Api.PutAsync("create_instance", body)).ShouldBeOk();
        }

        // The replies are far more, all together, than fits into the buffers of two sockets.
        const string Request = $"GET /MetaService/http/list_instances?token={Token} HTTP/1.1\r\nHost: x\r\n\r\n";
        using var client = await ConnectAsync(server.Address, string.Concat(Enumerable.Repeat(Request, 200)));
        (await client.GetStream().ReadAsync(new byte[1])).Should().Be(1, "the first reply begins");
        for (var i = 0; i < 20; i++)
        {
            (await server.Api.GetAsync("get_instance", ("instance_id", "i1"))).ShouldBeOk();
        }
    }

    [Fact]
    public async Task Connections_over_the_limit_are_dropped_and_there_is_room_again_when_one_ends()
    {
        await using var server = await InProcessServer.StartAsync(configure: options => options.Limits.Connections = 3);
        var counter = server.Service<ConnectionCounter>();
        using var silent = await ConnectAsync(server.Address, "");
        using var waiting = await ConnectAsync(server.Address, "GET /health/live HTTP/1.1\r\n");
        using var grpc = await RawHttp2.ConnectAsync(server.Address);
        await Eventually.HoldsAsync(() => counter.Open == 3, "three are connected");

        using (var fourth = await ConnectAsync(server.Address, "", mayBeDropped: true))
        {
            (await ReadToEndAsync(fourth)).Should().BeEmpty();
        }

        silent.Dispose();
        await Eventually.HoldsAsync(() => counter.Open == 2, "one has gone");
        (await server.Api.GetAsync("list_instances")).ShouldBeOk();
    }

    [Fact]
    public async Task A_gRPC_address_lets_go_of_who_does_not_speak_it()
    {
        await using var server = await InProcessServer.StartAsync(configure: options =>
        {
            options.RpcListen = options.Listen;
            options.Limits.HeaderTimeout = Short;
        });
        var address = server.RpcAddress;
        using var client = await ConnectAsync(address, "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
        (await ReadToEndAsync(client)).Should().NotContain("200 OK");
        using var silent = await ConnectAsync(address, "");
        await ReadToEndAsync(silent);
        await Eventually.HoldsAsync(() => server.Service<ConnectionCounter>().Open == 0, "they are no longer counted");
    }

    private static void OnePlace(ServerOptions options)
    {
        options.Limits.Concurrency = 1;
        options.Limits.Queue = 1;
        options.Limits.QueueTimeout = TimeSpan.FromMilliseconds(100);
    }

    private static async Task<TcpClient> ConnectAsync(Uri address, string sent, bool mayBeDropped = false)
    {
        var client = new TcpClient { ReceiveBufferSize = 4096 };
        try
        {
            await client.ConnectAsync(address.Host, address.Port);
            await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(sent));
        }
        catch (Exception e) when (mayBeDropped && e is IOException or SocketException)
        {
            // Dropped before it could say anything.
        }

        return client;
    }

    /// <summary>Reads until the server ends the connection, gently or not, and fails when it does not.</summary>
    private static async Task<string> ReadToEndAsync(TcpClient client)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var received = new MemoryStream();
        try
        {
            await client.GetStream().CopyToAsync(received, deadline.Token);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // Reset, or never connected.
        }

        return Encoding.Latin1.GetString(received.ToArray());
    }
}
