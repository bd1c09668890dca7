using MetaService.Bench.Load;
using MetaService.Bench.Targets;
using MetaService.Records.Cloud;
using Client = MetaService.Records.Cloud.MetaService.MetaServiceClient;

namespace MetaService.Bench.Workloads;

/// <summary>
/// Calls over gRPC, by a client of this process, which takes a good part of the machine. "Connections" are streams; they share
/// <see cref="StreamsPerChannel"/> to a connection.
/// </summary>
internal abstract class RpcWorkload(string name, BenchContext context) : Workload(name, context)
{
    protected const string InstanceId = "rpc";
    protected const string Node = $"1:{InstanceId}:fe1";

    private const int StreamsPerChannel = 32;

    private readonly List<Client> _clients = [];

    /// <exception cref="BenchException">The call, which prepares something, failed.</exception>
    public static void Expect(MetaServiceResponseStatus status)
    {
        if (!IsOk(status))
        {
            throw new BenchException($"a call was answered {status.Code}: {status.Msg}");
        }
    }

    public override async Task PrepareAsync(MetaServer server, CancellationToken cancellationToken)
    {
        _clients.Clear(); // Those of a server before.
        await server.PutAsync("create_instance", CreateInstance.RequestJson(InstanceId), cancellationToken);
    }

    public override Task<PreparedLoad> NextAsync(MetaServer server, LoadShape shape, CancellationToken cancellationToken)
    {
        while (_clients.Count * StreamsPerChannel < shape.Connections)
        {
            _clients.Add(server.NewRpcClient());
        }

        return Task.FromResult(new PreparedLoad(token => StreamLoad.RunAsync(
            shape,
            (loop, n, stop) => CallAsync(_clients[loop / StreamsPerChannel], $"{shape.Tag}-{loop}-{n}", loop, stop),
            token)));
    }

    protected static bool IsOk(MetaServiceResponseStatus status) => status.Code == MetaServiceCode.Ok;

    /// <param name="label">A name that no other call has.</param>
    /// <param name="loop">The number of the stream.</param>
    /// <returns>Whether it succeeded.</returns>
    protected abstract Task<bool> CallAsync(Client client, string label, int loop, CancellationToken cancellationToken);
}

/// <summary>The version of a partition that has one.</summary>
internal sealed class GetVersion(BenchContext context) : RpcWorkload("grpc_get_version", context)
{
    private static readonly GetVersionRequest Request = new()
    {
        CloudUniqueId = Node,
        DbId = SampleLoad.Db,
        TableId = SampleLoad.Table,
        PartitionId = SampleLoad.Partition,
    };

    public override async Task PrepareAsync(MetaServer server, CancellationToken cancellationToken)
    {
        await base.PrepareAsync(server, cancellationToken);
        await SampleLoad.RunAsync(server.NewRpcClient(), Node, cancellationToken);
    }

    protected override async Task<bool> CallAsync(Client client, string label, int loop, CancellationToken cancellationToken)
    {
        var response = await client.get_versionAsync(Request, cancellationToken: cancellationToken);
        return IsOk(response.Status);
    }
}

/// <summary>A transaction begun and committed without a rowset: two calls, one after the other, count as one request.</summary>
internal sealed class BeginAndCommit(BenchContext context) : RpcWorkload("grpc_begin_commit_txn", context)
{
    protected override async Task<bool> CallAsync(Client client, string label, int loop, CancellationToken cancellationToken)
    {
        var info = new TxnInfoPB { DbId = SampleLoad.Db + loop, Label = label, TableIds = { SampleLoad.Table }, TimeoutMs = 600_000 };
        var begun = await client.begin_txnAsync(
            new BeginTxnRequest { CloudUniqueId = Node, TxnInfo = info }, cancellationToken: cancellationToken);
        if (!IsOk(begun.Status))
        {
            return false;
        }

        var committed = await client.commit_txnAsync(
            new CommitTxnRequest { CloudUniqueId = Node, DbId = info.DbId, TxnId = begun.TxnId }, cancellationToken: cancellationToken);
        return IsOk(committed.Status);
    }
}
