using System.Collections.Concurrent;
using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using MetaService.Records.Cloud;
using MetaService.TestKit.Rpc;
using Client = MetaService.Records.Cloud.MetaService.MetaServiceClient;

namespace MetaService.ReliabilityTests.Kills;

/// <summary>
/// Loads of several clients into one partition of one instance, over gRPC, and which of them were acknowledged.
/// </summary>
internal sealed class LoadTrack(string instanceId)
{
    private const int Clients = 4;
    private const long RowsPerLoad = 3;
    private static readonly long[] Tablets = [1, 2];

    /// <summary>The transactions begun: true when the commit was acknowledged or is known to have happened.</summary>
    private readonly ConcurrentDictionary<long, bool> _begun = new();
    private bool _hasTablets;
    private int _acknowledged;

    /// <summary>How many commits were acknowledged.</summary>
    public int Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Loads until it is told to stop or is not answered any more.</summary>
    public async Task RunAsync(Uri address, CancellationToken stop)
    {
        using var channel = GrpcChannel.ForAddress(address);
        var load = new LoadClient(new Client(channel), instanceId);
        try
        {
            await load.CreateTabletsAsync(Tablets);
            _hasTablets = true;
            await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => LoadAsync(load, client, stop)));
        }
        catch (Exception e) when (e is RpcException or StoreFailureException)
        {
            // The server or its store is gone. What it was asked last may be done or not.
        }
    }

    /// <summary>
    /// Requires that each acknowledged commit is visible, and that the rows, rowsets and versions of all tablets are those of the
    /// visible transactions, no more and no fewer.
    /// </summary>
    /// <param name="thorough">Whether each transaction is looked up; else only the totals.</param>
    public async Task AuditAsync(Uri address, bool thorough)
    {
        if (!_hasTablets)
        {
            return;
        }

        using var channel = GrpcChannel.ForAddress(address);
        var load = new LoadClient(new Client(channel), instanceId);
        foreach (var (txnId, isVisible) in thorough ? _begun : [])
        {
            var status = (await load.TxnAsync(txnId)).Status;
            if (isVisible && status != TxnStatusPB.TxnStatusVisible)
            {
                throw new AuditException($"transaction {txnId} of {instanceId} was acknowledged and is {status}");
            }

            _begun[txnId] = status == TxnStatusPB.TxnStatusVisible;
        }

        var visible = _begun.Count(txn => txn.Value);
        if (visible > 0)
        {
            Require(visible + 1, await load.PartitionVersionAsync(), "the version of the partition");
        }

        foreach (var tablet in Tablets)
        {
            var stats = await load.StatsAsync(tablet);
            Require(visible * RowsPerLoad, stats.NumRows, $"the rows of tablet {tablet}");
            Require(visible + 1, stats.NumRowsets, $"the number of rowsets of tablet {tablet}");
            var versions = string.Join(' ', (await load.RowsetsAsync(tablet)).RowsetMeta.Select(r => r.EndVersion));
            var expected = string.Join(' ', Enumerable.Range(1, visible + 1));
            Require(expected, versions, $"the versions of the rowsets of tablet {tablet}");
        }
    }

    private async Task LoadAsync(LoadClient load, int client, CancellationToken stop)
    {
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            var txnId = await load.BeginAsync(string.Create(CultureInfo.InvariantCulture, $"{client}-{n}"));
            _begun.TryAdd(txnId, false).Should().BeTrue("no id is given out twice");
            foreach (var tablet in Tablets)
            {
                await load.AddRowsetAsync(txnId, tablet, RowsPerLoad);
            }

            await load.CommitAsync(txnId);
            _begun[txnId] = true;
            Interlocked.Increment(ref _acknowledged);
        }
    }

    private void Require<T>(T expected, T found, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, found))
        {
            throw new AuditException($"in {instanceId} {what} should be {expected} and is {found}");
        }
    }
}
