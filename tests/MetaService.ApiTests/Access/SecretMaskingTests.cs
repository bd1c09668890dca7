using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using MetaService.ApiTests.Hostile;
using MetaService.Json;
using MetaService.Records.Cloud;
using MetaService.Server.Access;
using MetaService.Server.Http;
using MetaService.Server.Limits;
using MetaService.Server.Rpc;
using Microsoft.Extensions.Logging.Abstractions;
using Client = MetaService.Records.Cloud.MetaService.MetaServiceClient;

namespace MetaService.ApiTests.Access;

/// <summary>Who may not see ak and sk sees them nowhere.</summary>
public sealed class SecretMaskingTests(ScopedServer fixture) : IClassFixture<ScopedServer>
{
    private static readonly string[] Shows = ["get_instance", "get_obj_store_info", "show_storage_vaults", "get_stage"];

    [Fact]
    public async Task No_endpoint_shows_a_secret_without_the_scope_and_with_it_those_do_that_are_there_for_it()
    {
        const string Instance = "123456"; // Of the examples.
        var all = fixture.With("all");
        var endpoints = await ApiDescription.AllAsync(all);
        await HostileState.PrepareAsync(all, endpoints);
        await CreateStageAsync("regression_instance0");
        foreach (var endpoint in endpoints.Where(e => e.Example is not null && !e.Name.StartsWith("drop_", StringComparison.Ordinal)))
        {
            await all.PutAsync(endpoint.Name, endpoint.Example!); // Puts canaries where secrets belong.
        }

        var shown = new HashSet<string>();
        foreach (var endpoint in endpoints)
        {
            foreach (var instance in new[] { Instance, "regression_instance0", "test", "sample_instance_id" })
            {
                var query = new[] { ("instance_id", instance), ("key_type", "InstanceKey") };
                var content = endpoint.Example?.ToJsonString().Replace(Instance, instance, StringComparison.Ordinal) ?? "";
                foreach (var (scopes, isAllowed) in new[] { ("read,operate,raw", false), ("all", true) })
                {
                    var reply = await fixture.With(scopes).SendAsync(
                        HttpMethod.Put, fixture.With(scopes).PathOf(endpoint.Name, query), new StringContent(content));
                    if (ShowsSecret(reply.Text))
                    {
                        isAllowed.Should().BeTrue($"{endpoint.Name} shows {reply.Text}");
                        shown.Add(endpoint.Name);
                    }
                }
            }
        }

        shown.Should().BeEquivalentTo(Shows);
    }

    /// <summary>For every RPC, those that will be added included: its response full of secrets leaves without any.</summary>
    [Fact]
    public async Task No_rpc_shows_a_secret_without_the_scope()
    {
        var visitor = new Filling(fixture.Server.Service<LoadControl>());
        foreach (var rpc in fixture.Server.Service<RpcCatalogue>())
        {
            rpc.Accept(visitor);
        }

        await Task.WhenAll(visitor.Checks);
        visitor.WithSecrets.Should().BeGreaterThan(3, "some responses hold secrets");
    }

    [Fact]
    public async Task What_this_version_does_not_know_is_left_out_for_who_may_not_see_secrets()
    {
        // A field of a newer version in an object store: it may be a secret.
        var unknown = new ObjectStoreInfoPB { Ak = "ak" }.ToByteArray().Concat(
            new CodedField(2000, "CANARY-unknown").Bytes).ToArray();
        var response = new GetObjStoreInfoResponse { ObjInfo = { ObjectStoreInfoPB.Parser.ParseFrom(unknown) } };
        response.ToByteString().ToStringUtf8().Should().Contain("CANARY");
        SecretFields.MaskedForSending(response).ToByteString().ToStringUtf8().Should().NotContain("CANARY").And.Contain("******");
        response.ObjInfo[0].Ak.Should().Be("ak", "the original stays as it was");
        await Task.CompletedTask;
    }

    [Fact]
    public async Task Over_gRPC_a_token_without_the_scope_sees_masks()
    {
        var id = Sample.NewId();
        (await fixture.With("all").PutAsync("create_instance", Sample.LegacyInstance(id))).ShouldBeOk();
        using var channel = GrpcChannel.ForAddress(fixture.Server.Address);
        var client = new Client(channel);
        var request = new GetInstanceRequest { InstanceId = id };

        var masked = await client.get_instanceAsync(request, Bearer("read"));
        masked.Instance.ObjInfo[0].Sk.Should().Be("******");
        masked.Instance.RamUser.Ak.Should().Be("******");
        masked.Instance.InstanceId.Should().Be(id);
        var shown = await client.get_instanceAsync(request, Bearer("all"));
        shown.Instance.ObjInfo[0].Sk.Should().Be("legacy-sk");
    }

    private static Metadata Bearer(string scopes) => new() { { "authorization", $"Bearer {ScopedServer.Tokens[scopes]}" } };

    private static bool ShowsSecret(string text) =>
        text.Contains(ApiDescription.Canary, StringComparison.Ordinal) || text.Contains("vault-sk", StringComparison.Ordinal) ||
        text.Contains("legacy-sk", StringComparison.Ordinal) || text.Contains("ram-sk", StringComparison.Ordinal);

    private async Task CreateStageAsync(string instance)
    {
        var body = $$"""
            {"cloud_unique_id": "1:{{instance}}:n", "stage": {"name": "smoke_test_tpch", "stage_id": "s1", "type": "EXTERNAL", "obj_info":
             {{Sample.ObjInfo("CANARY-stage-ak", "CANARY-stage-sk")}} } }
            """;
        var reply = await fixture.Server.Api.SendAsync(
            HttpMethod.Post, $"/MetaService/create_stage?token={ScopedServer.Tokens["all"]}", new StringContent(body));
        reply.Text.Should().Contain("\"OK\"");
    }

    /// <summary>A length-delimited field on the wire.</summary>
    private sealed record CodedField(int Number, string Text)
    {
        public byte[] Bytes
        {
            get
            {
                using var memory = new MemoryStream();
                using var output = new CodedOutputStream(memory);
                output.WriteTag(Number, WireFormat.WireType.LengthDelimited);
                output.WriteString(Text);
                output.Flush();
                return memory.ToArray();
            }
        }
    }

    /// <summary>Makes each RPC answer with a response in which every secret is a canary.</summary>
    private sealed class Filling(LoadControl load) : IRpcMethodVisitor
    {
        private const string Canary = "CANARY-secret";

        public List<Task> Checks { get; } = [];

        public int WithSecrets { get; private set; }

        public void Visit<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method)
            where TRequest : class, IMessage<TRequest>, new()
            where TResponse : class, IMessage<TResponse>, new()
        {
            var filled = new TResponse();
            Fill(filled, 6);
            var holdsSecrets = filled.ToString()!.Contains(Canary, StringComparison.Ordinal);
            WithSecrets += holdsSecrets ? 1 : 0;
            Checks.Add(CheckAsync(
                new RpcMethod<TRequest, TResponse>(method.Name, method.Scope, (_, _, _) => Task.FromResult(filled), load, NullLogger.Instance),
                holdsSecrets));
        }

        private static async Task CheckAsync<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method, bool holdsSecrets)
            where TRequest : class, IMessage<TRequest>, new()
            where TResponse : class, IMessage<TResponse>, new()
        {
            foreach (var scopes in new[] { Scopes.None, Scopes.Read | Scopes.Operate | Scopes.Raw, Scopes.All })
            {
                var state = new RequestState { Caller = new Caller("c", scopes, null, null) };
                var response = await method.InvokeAsync(state, ServiceCalls.Somebody, new TRequest(), CancellationToken.None);
                var isShown = holdsSecrets && scopes.HasFlag(Scopes.Secrets);
                response.ToString()!.Contains(Canary, StringComparison.Ordinal).Should().Be(isShown, $"{method.Name} for {scopes}");
            }
        }

        private static void Fill(IMessage message, int depth)
        {
            foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
            {
                if (field.FieldType == FieldType.String && !field.IsRepeated)
                {
                    field.Accessor.SetValue(message, IsNamedLikeASecret(field) ? Canary : "text");
                }
                else if (field.FieldType == FieldType.Message && !field.IsMap && depth > 0)
                {
                    var nested = (IMessage)Activator.CreateInstance(field.MessageType.ClrType)!;
                    Fill(nested, depth - 1);
                    if (field.IsRepeated)
                    {
                        ((System.Collections.IList)field.Accessor.GetValue(message)).Add(nested);
                    }
                    else
                    {
                        field.Accessor.SetValue(message, nested);
                    }
                }
            }
        }

        // By the name alone, so that a field that nobody has declared a secret is found too.
        private static bool IsNamedLikeASecret(FieldDescriptor field) => field.Name.Split('_').Any(
            word => word is "ak" or "sk" or "password" or "secret" or "plaintext" or "cmk" or "keytab");
    }
}
