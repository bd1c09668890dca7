using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Grpc.Reflection.V1Alpha;
using MetaService.Records.Cloud;
using Client = MetaService.Records.Cloud.MetaService.MetaServiceClient;

namespace MetaService.ApiTests.Access;

/// <summary>Who may call over gRPC.</summary>
public sealed class GrpcAccessTests(ScopedServer fixture) : IClassFixture<ScopedServer>, IDisposable
{
    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(fixture.Server.Address);

    private Client Rpc => new(_channel);

    public void Dispose() => _channel.Dispose();

    [Fact]
    public async Task From_elsewhere_without_a_token_a_call_is_told_what_to_set()
    {
        var refused = await RefusedAsync(null);
        refused.StatusCode.Should().Be(StatusCode.Unauthenticated);
        refused.Status.Detail.Should().StartWith("127.0.0.1 is in none of the networks").And.ContainAll(
            "Rpc:AllowedNetworks", "METASERVICE__RPC__ALLOWEDNETWORKS__0", "authorization: Bearer TOKEN");
    }

    [Theory]
    [InlineData("authorization", "Bearer wrong-token")]
    [InlineData("authorization", "bearer ")]
    [InlineData("x-token", "wrong-token")]
    [InlineData("x-token", "")]
    public async Task A_wrong_token_is_refused_and_not_repeated(string name, string value)
    {
        var refused = await RefusedAsync(new Metadata { { name, value } });
        refused.StatusCode.Should().Be(StatusCode.Unauthenticated);
        refused.Status.Detail.Should().Be("the token is not accepted");
    }

    [Theory]
    [InlineData("authorization", "Bearer ")]
    [InlineData("x-token", "")]
    public async Task A_token_with_the_scope_is_accepted(string name, string before)
    {
        var response = await Rpc.get_instanceAsync(
            new GetInstanceRequest { InstanceId = "none" }, new Metadata { { name, before + ScopedServer.Tokens["read"] } });
        response.Status.Code.Should().Be(MetaServiceCode.ClusterNotFound);
    }

    [Fact]
    public async Task A_token_without_the_scope_is_refused_with_its_name()
    {
        var call = async () => await Rpc.begin_txnAsync(new BeginTxnRequest(), Bearer("read"));
        var refused = (await call.Should().ThrowAsync<RpcException>()).Which;
        refused.StatusCode.Should().Be(StatusCode.PermissionDenied);
        refused.Status.Detail.Should().Be("the token read lacks the scope operate, which begin_txn needs");
    }

    [Fact]
    public async Task A_refusal_does_not_wait_for_the_message()
    {
        using var connection = await RawHttp2.ConnectAsync(fixture.Server.Address);
        await connection.BeginCallAsync(1, "/doris.cloud.MetaService/create_instance");
        await connection.SendDataAsync(1, 0, 0, 1, 0, 0, 10);
        var reply = await connection.ReadAsync(Http2FrameType.Headers, 1);
        reply!.Text.Should().Contain("grpc-status").And.Contain("in none of the networks");
        (await connection.ReadAsync(Http2FrameType.ResetStream, 1)).Should().NotBeNull("nobody reads the rest");
    }

    [Fact]
    public async Task What_is_not_offered_tells_so_only_to_who_may_call()
    {
        var call = async (Metadata? headers) => await Rpc.begin_copyAsync(new BeginCopyRequest(), headers);
        (await call.Awaiting(c => c(null)).Should().ThrowAsync<RpcException>())
            .Which.StatusCode.Should().Be(StatusCode.Unauthenticated);
        (await call.Awaiting(c => c(Bearer("read"))).Should().ThrowAsync<RpcException>())
            .Which.StatusCode.Should().Be(StatusCode.Unimplemented);
    }

    [Fact]
    public async Task Health_is_told_to_everybody_and_reflection_is_not()
    {
        (await new Health.HealthClient(_channel).CheckAsync(new HealthCheckRequest())).Status
            .Should().Be(HealthCheckResponse.Types.ServingStatus.Serving);
        (await ServicesAsync(Bearer("read"))).Should().Contain("doris.cloud.MetaService");

        // Nothing is written: who writes while the refusal comes may see the end of the call only.
        using var refused = new ServerReflection.ServerReflectionClient(_channel).ServerReflectionInfo();
        (await refused.Awaiting(call => call.ResponseStream.MoveNext(CancellationToken.None)).Should().ThrowAsync<RpcException>())
            .Which.StatusCode.Should().Be(StatusCode.Unauthenticated);
    }

    [Fact]
    public async Task From_an_allowed_network_no_token_is_needed_and_the_scopes_of_nodes_hold()
    {
        await using var server = await InProcessServer.StartAsync(configure: options =>
        {
            options.Rpc.AllowedNetworks.Add("127.0.0.0/8");
            options.Rpc.Scopes.Add("read");
        });
        using var channel = GrpcChannel.ForAddress(server.Address);
        var rpc = new Client(channel);
        (await rpc.get_instanceAsync(new GetInstanceRequest { InstanceId = "none" })).Status.Code
            .Should().Be(MetaServiceCode.ClusterNotFound);
        var change = async () => await rpc.begin_txnAsync(new BeginTxnRequest());
        var refused = (await change.Should().ThrowAsync<RpcException>()).Which;
        refused.StatusCode.Should().Be(StatusCode.PermissionDenied);
        refused.Status.Detail.Should().Contain("Rpc:Scopes");
    }

    [Fact]
    public async Task A_network_that_is_allowed_for_gRPC_is_not_for_HTTP()
    {
        await using var server = await InProcessServer.StartAsync(configure: options => options.Rpc.AllowedNetworks.Add("127.0.0.0/8"));
        foreach (var path in new[]
        {
            "/MetaService/get_instance", "/doris.cloud.MetaService/get_instance", "/MetaService/http/list_instances",
        })
        {
            (await server.Api.SendAsync(HttpMethod.Post, path, new StringContent("{}"))).ShouldFail(403, "PERMISSION_DENIED");
        }
    }

    private static Metadata Bearer(string scopes) => new() { { "authorization", $"Bearer {ScopedServer.Tokens[scopes]}" } };

    private async Task<RpcException> RefusedAsync(Metadata? headers)
    {
        var call = async () => await Rpc.get_instanceAsync(new GetInstanceRequest { InstanceId = "none" }, headers);
        return (await call.Should().ThrowAsync<RpcException>()).Which;
    }

    private async Task<List<string>> ServicesAsync(Metadata headers)
    {
        using var call = new ServerReflection.ServerReflectionClient(_channel).ServerReflectionInfo(headers);
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        await call.RequestStream.CompleteAsync();
        await call.ResponseStream.MoveNext(CancellationToken.None);
        return [.. call.ResponseStream.Current.ListServicesResponse.Service.Select(s => s.Name)];
    }
}
