using System.Text;
using Google.Protobuf;
using Grpc.Net.Client;
using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Server.Settings;
using MetaService.Storage;
using MetaService.TestKit.Storage;

namespace MetaService.ApiTests.Canary;

/// <summary>No secret gets out when something fails inside the server, not even one in the message of an exception.</summary>
public sealed class CanaryFaultTests : IDisposable
{
    private static readonly string[] StoreIsNotAsked =
        ["decode_key", "encode_key", "adjust_rate_limit", "list_rate_limit", "show_meta_ranges"];

    private readonly CanaryBook _book = new();
    private readonly CanaryCalls _calls = new();
    private readonly CanaryWatch _watch;
    private readonly MemoryStream _log = new();

    public CanaryFaultTests() => _watch = new CanaryWatch(_book);

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Exceptions_that_quote_a_secret_do_not_show_or_log_it()
    {
        var targets = await CanaryTargets.ReadAsync();
        var store = new ThrowingStore(new InMemoryKvStore(TimeProvider.System));
        await using (var server = await InProcessServer.StartOnAsync(store, Configure, log: _log))
        {
            foreach (var fault in Faults())
            {
                store.Fault = fault;
                await CallAllAsync(server, targets);
            }

            store.Fault = () => new InvalidOperationException(Secret(), new FormatException(Secret()));
            var health = await ApiReply.ReadAsync(await Client(server).Http.GetAsync("/health/ready"));
            (health.Status, (string?)health.Json["reason"]).Should().Be((503, "a read of the store ended in InvalidOperationException"));
            store.Fault = null;
        }

        var log = ShouldBeSilent();
        log.Should().Contain(line => line.Contains("System.InvalidOperationException", StringComparison.Ordinal), "the type is logged");
        log.Should().HaveCountGreaterThan(_calls.Count, "each call is a line");
        // Some refuse the request before they look into the store, and some never do.
        _calls.Ended(succeeded: false).Should().Contain(targets.Http.Select(t => t.Name).Except(StoreIsNotAsked)
            .Concat(targets.Rpcs.Select(r => "grpc/" + r.Name)));
    }

    [Fact]
    public async Task A_secret_that_cannot_be_opened_is_not_shown_in_another_way()
    {
        await using (var server = await InProcessServer.StartOnAsync(new InMemoryKvStore(TimeProvider.System), Configure, log: _log))
        {
            var api = Client(server);
            var body = Sample.LegacyInstance("i");
            body["obj_info"]!["ak"] = Secret();
            body["obj_info"]!["sk"] = Secret();
            (await api.PutAsync("create_instance", body)).ShouldBeOk();
            await SealWithUnknownKeyAsync(server.Store, "i");
            (await api.GetAsync("get_instance", ("instance_id", "i"))).ShouldFail(503, "INTERNAL_ERROR", "key 77");
            (await api.PutAsync("get_obj_store_info", """{"cloud_unique_id": "1:i:n"}""")).ShouldFail(503, "INTERNAL_ERROR", "key 77");
            var change = $$"""{"cloud_unique_id": "1:i:n", "obj": {"id": "1", "ak": "{{Secret()}}", "sk": "{{Secret()}}"} }""";
            (await api.PutAsync("legacy_update_ak_sk", change)).ShouldFail(503, "INTERNAL_ERROR", "key 77");
            (await api.PutAsync("rotate_secrets", "{}")).Text.Should().Contain("key 77");
            await api.GetAsync("get_value", ("key_type", "InstanceKey"), ("instance_id", "i"));
            await api.GetAsync("audit", ("instance_id", "i"));
        }

        ShouldBeSilent();
    }

    private static void Configure(ServerOptions options)
    {
        options.LogRequests = true;
        options.LogLevel = "Debug";
        options.Transactions.RetryLimit = 0;
    }

    /// <summary>What a store may throw. Its messages are ours and need not be secret to <c>/health/ready</c>, which is not called.</summary>
    private IEnumerable<Func<Exception>> Faults()
    {
        yield return () => new InvalidOperationException(Secret(), new FormatException(Secret()));
        yield return () => new KvException(KvError.Unavailable, Secret(), new IOException(Secret()));
        yield return () => new KvException(KvError.Conflict, Secret());
        yield return () => new KvException(KvError.InvalidOperation, Secret());
        yield return () => new InvalidDataException(Secret());
    }

    private string Secret() => _book.New(CanaryKind.Pasted, "an exception");

    private ApiClient Client(InProcessServer server) =>
        new(
            new HttpClient(new CanaryHandler(_watch, _calls, showsSecrets: true)) { BaseAddress = server.Address },
            ServerOptions.DocumentToken);

    private async Task CallAllAsync(InProcessServer server, CanaryTargets targets)
    {
        var api = Client(server);
        var path = api.PathOf("", ("instance_id", "i"), ("key_type", "InstanceKey"), ("txn_id", "1"), ("table_id", "1"));
        var query = path[ApiClient.Root.Length..];
        var bodies = new CanaryBodies(_book, "i");
        foreach (var target in targets.Http)
        {
            var verb = target.Request is null ? HttpMethod.Get : HttpMethod.Put;
            var body = target.Request is null ? "" : bodies.Json(bodies.Fill(target.Request(), target.Name), target.Name);
            await api.SendAsync(verb, target.Path + query, new StringContent(body), ("Authorization", "Basic cm9vdDo="));
        }

        using var channel = GrpcChannel.ForAddress(server.Address);
        var grpc = new CanaryGrpc(channel, _watch, _calls);
        foreach (var rpc in targets.Rpcs)
        {
            await grpc.CallAsync(rpc.Name, bodies.Fill(rpc.Request(), rpc.Name).ToByteArray(), null, showsSecrets: true);
        }
    }

    /// <summary>Searches the log of a server that has stopped, and returns its lines.</summary>
    private string[] ShouldBeSilent()
    {
        var log = Encoding.UTF8.GetString(_log.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var line in log)
        {
            _watch.SeeLog(line);
        }

        _watch.ShouldBeSilent();
        return log;
    }

    private static async Task SealWithUnknownKeyAsync(IKvStore store, string instanceId)
    {
        using var transaction = store.BeginTransaction();
        var key = Key.Instance(instanceId).Bytes;
        var instance = InstanceInfoPB.Parser.ParseFrom(await transaction.GetAsync(key));
        instance.ObjInfo[0].EncryptionInfo.KeyId = 77;
        transaction.Set(key, instance.ToByteArray());
        (await transaction.CommitAsync()).IsCommitted.Should().BeTrue();
    }

    /// <summary>A store that fails each read and each transaction while it is told to.</summary>
    private sealed class ThrowingStore(IKvStore inner) : KvStoreDecorator(inner)
    {
        public Func<Exception>? Fault { get; set; }

        public override IKvTransaction BeginTransaction() => Fault is null ? base.BeginTransaction() : throw Fault();

        public override IKvReader BeginRead() => Fault is null ? base.BeginRead() : throw Fault();
    }
}
