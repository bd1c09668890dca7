using Grpc.Net.Client;
using MetaService.ApiTests.Hostile;
using MetaService.Records.Cloud;
using MetaService.Server.Limits;
using MetaService.Server.Rpc;
using Client = MetaService.Records.Cloud.MetaService.MetaServiceClient;

namespace MetaService.ApiTests.Limits;

/// <summary>What a server answers while it has as many calls as it takes.</summary>
public sealed class OverloadTests(OverloadTests.FullServer fixture) : IClassFixture<OverloadTests.FullServer>
{
    private readonly InProcessServer _server = fixture.Server;

    [Fact]
    public async Task Every_endpoint_refuses_and_says_when_to_come_back()
    {
        var endpoints = await ApiDescription.AllAsync(_server.Api);
        foreach (var endpoint in endpoints)
        {
            var body = endpoint.Example?.ToJsonString() ?? "";
            var reply = await _server.Api.SendAsync(
                HttpMethod.Put, _server.Api.PathOf(endpoint.Name, ("instance_id", "i"), ("key", "01")), new StringContent(body));
            if (endpoint.Name is "adjust_rate_limit" or "list_rate_limit")
            {
                reply.Status.Should().NotBe(429, "it is there for such times");
                continue;
            }

            reply.Status.Should().Be(429, endpoint.Name);
            reply.Headers.RetryAfter!.Delta.Should().Be(TimeSpan.FromSeconds(1), endpoint.Name);
            reply.Text.Should().Contain("MAX_QPS_LIMIT").And.Contain("try again", endpoint.Name);
            (reply.Text.StartsWith("status {", StringComparison.Ordinal) || reply.Code == "MAX_QPS_LIMIT").Should().BeTrue(reply.Text);
        }
    }

    [Fact]
    public async Task Every_rpc_refuses_in_its_status()
    {
        foreach (var rpc in _server.Service<RpcCatalogue>())
        {
            var reply = await _server.Api.SendAsync(
                HttpMethod.Post, $"/MetaService/{rpc.Name}?token=greedisgood9999", new StringContent("{}"));
            reply.Status.Should().Be(200, rpc.Name);
            ((string?)reply.Json["status"]!["code"]).Should().Be("MAX_QPS_LIMIT", rpc.Name);
            reply.Headers.RetryAfter.Should().NotBeNull(rpc.Name);
        }

        using var channel = GrpcChannel.ForAddress(_server.Address);
        var rpcs = new Client(channel);
        for (var again = 0; again < 3; again++)
        {
            var stats = await rpcs.get_tablet_statsAsync(new GetTabletStatsRequest());
            (stats.Status.Code, stats.Status.Msg).Should().Be(
                (MetaServiceCode.MaxQpsLimit, LoadControl.Message(Admittance.Overloaded)),
                "each response has its status in the same place");
        }
    }

    [Fact]
    public void In_every_response_the_status_is_the_first_field()
    {
        var visitor = new StatusFields();
        foreach (var rpc in _server.Service<RpcCatalogue>())
        {
            rpc.Accept(visitor);
        }

        visitor.Numbers.Should().HaveCountGreaterThan(50).And.OnlyContain(number => number == 1);
    }

    [Fact]
    public async Task A_refusal_does_not_wait_for_the_body()
    {
        foreach (var path in new[] { "/MetaService/http/create_instance", "/MetaService/create_instance", "/MetaService/http/abort_txn" })
        {
            var reply = await RawHttp.SendAsync(
                _server.Address, $"PUT {path}?token=greedisgood9999 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{{");
            reply.Status.Should().BeOneOf(200, 429);
            reply.Body.Should().Contain("MAX_QPS_LIMIT");
        }

        using var grpc = await RawHttp2.ConnectAsync(_server.Address);
        await grpc.BeginCallAsync(1, "/doris.cloud.MetaService/create_instance");
        await grpc.SendDataAsync(1, 0, 0, 1, 0, 0, 10);
        (await grpc.ReadAsync(Http2FrameType.Data, 1))!.Text.Should().Contain("too many calls");
    }

    [Fact]
    public async Task Health_is_told_all_the_same()
    {
        foreach (var path in new[] { "/health/live", "/health/ready" })
        {
            (await _server.Api.SendAsync(HttpMethod.Get, path)).Status.Should().Be(200);
        }
    }

    [Fact]
    public async Task Who_is_not_let_in_is_told_so_and_not_to_come_back() =>
        (await _server.With("wrong").GetAsync("list_instances")).ShouldFail(403, "PERMISSION_DENIED");

    [Fact]
    public async Task A_call_that_waits_is_answered_when_its_turn_comes()
    {
        await using var server = await StartAsync(TimeSpan.FromHours(1));
        var admission = server.Service<Admission>();
        await admission.EnterAsync(default);
        var waiting = server.Api.GetAsync("list_instances");
        await Eventually.HoldsAsync(() => admission.Waiting == 1, "the call waits");
        admission.Leave();
        (await waiting).ShouldBeOk();
        admission.Working.Should().Be(0);
    }

    [Fact]
    public async Task A_call_whose_turn_does_not_come_is_refused()
    {
        await using var server = await StartAsync(TimeSpan.FromMilliseconds(50));
        var admission = server.Service<Admission>();
        await admission.EnterAsync(default);
        (await server.Api.GetAsync("list_instances")).ShouldFail(429, "MAX_QPS_LIMIT");
        admission.Leave();
        (await server.Api.GetAsync("list_instances")).ShouldBeOk();
    }

    [Fact]
    public async Task Whatever_becomes_of_calls_each_gives_its_place_back()
    {
        await using var server = await InProcessServer.StartAsync();
        var endpoints = await ApiDescription.AllAsync(server.Api);
        await HostileState.PrepareAsync(server.Api, endpoints);
        foreach (var request in HostileRequest.All(server.Api, endpoints, new Random(7)).Where((_, index) => index % 50 == 0))
        {
            var content = request.Body is null ? null : new ByteArrayContent(request.Body);
            await server.Api.SendAsync(new HttpMethod(request.Verb), request.Path, content);
        }

        using var channel = GrpcChannel.ForAddress(server.Address);
        await new Client(channel).get_tabletAsync(new GetTabletRequest());
        await server.Api.SendAsync(HttpMethod.Post, "/MetaService/get_tablet?token=greedisgood9999", new StringContent("["));
        await server.Store.DisposeAsync();
        await server.Api.GetAsync("list_instances");
        await Eventually.HoldsAsync(() => server.Service<Admission>().Working == 0, "all places are given back");
    }

    private static Task<InProcessServer> StartAsync(TimeSpan queueTimeout) => InProcessServer.StartAsync(configure: options =>
    {
        options.Limits.Concurrency = 1;
        options.Limits.QueueTimeout = queueTimeout;
    });

    /// <summary>A server whose one place is taken, and whose one waits too.</summary>
    public sealed class FullServer : IAsyncLifetime
    {
        public InProcessServer Server { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Server = await InProcessServer.StartAsync(configure: options =>
            {
                options.Limits.Concurrency = 1;
                options.Limits.Queue = 1;
                options.Limits.QueueTimeout = TimeSpan.FromHours(1);
            });
            var admission = Server.Service<Admission>();
            await admission.EnterAsync(default);
            _ = admission.EnterAsync(default).AsTask();
        }

        public async Task DisposeAsync() => await Server.DisposeAsync();
    }

    private sealed class StatusFields : IRpcMethodVisitor
    {
        public List<int> Numbers { get; } = [];

        public void Visit<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method)
            where TRequest : class, Google.Protobuf.IMessage<TRequest>, new()
            where TResponse : class, Google.Protobuf.IMessage<TResponse>, new() =>
            Numbers.Add(new TResponse().Descriptor.FindFieldByName("status").FieldNumber);
    }
}
