using Grpc.Core;
using Grpc.Net.Client;
using MetaService.Records.Cloud;
using MetaService.Server.Settings;
using Client = MetaService.Records.Cloud.MetaService.MetaServiceClient;

namespace MetaService.ApiTests.Rpc;

/// <summary>How large a gRPC message may be.</summary>
public sealed class GrpcLimitsTests(MemoryServer fixture) : IClassFixture<MemoryServer>
{
    [Fact]
    public async Task A_message_may_be_larger_than_a_body_of_the_HTTP_endpoints()
    {
        using var channel = GrpcChannel.ForAddress(fixture.Server.Address);
        var response = await new Client(channel).create_instanceAsync(WithNameOf(4 * 1024 * 1024));
        response.Status.Code.Should().Be(MetaServiceCode.InvalidArgument);
        response.Status.Msg.Should().Contain("name").And.NotContain("xxxx");
    }

    [Fact]
    public async Task A_message_over_the_limit_is_refused_and_the_next_one_is_not()
    {
        using var channel = GrpcChannel.ForAddress(fixture.Server.Address);
        var client = new Client(channel);
        var tooLong = async () => await client.create_instanceAsync(WithNameOf(new LimitOptions().GrpcMessageBytes));
        (await tooLong.Should().ThrowAsync<RpcException>()).Which.StatusCode.Should().Be(StatusCode.ResourceExhausted);
        (await client.create_instanceAsync(WithNameOf(2000))).Status.Code.Should().Be(MetaServiceCode.InvalidArgument);
    }

    private static CreateInstanceRequest WithNameOf(int length) =>
        new() { InstanceId = Sample.NewId(), UserId = "user", Name = new string('x', length) };
}
