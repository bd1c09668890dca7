using MetaService.Domain.Txns;
using MetaService.Records.Cloud;
using static MetaService.UnitTests.Domain.Txns.TxnTestBed;

namespace MetaService.UnitTests.Domain.Txns;

public class CoordinatorTxnsTests
{
    [Fact]
    public async Task The_prepared_transactions_of_a_restarted_node_are_found_and_aborted()
    {
        await using var bed = await CreateAsync(options: new TxnOptions { HousekeepingBatch = 2 });
        var mine = new List<long>();
        for (var i = 0; i < 5; i++)
        {
            mine.Add(await Begin($"mine{i}"));
        }

        var others = new[]
        {
            await Begin("node", id: 8), await Begin("host", ip: "10.0.0.2"), await Begin("late", startTime: 2000),
            await Begin("fe", source: TxnSourceTypePB.TxnSourceTypeFe), await bed.BeginAsync("none"),
        };
        var precommitted = await Begin("precommitted");
        await bed.PrecommitAsync(precommitted);

        (await Prepared(1500)).Should().Equal(mine);
        (await Prepared(null)).Should().BeEquivalentTo([.. mine, others[2]]);
        await bed.Txns.AbortTxnWithCoordinatorAsync(
            new AbortTxnWithCoordinatorRequest { CloudUniqueId = Node, Id = 7, Ip = "10.0.0.1", StartTime = 1500 });
        foreach (var txnId in mine)
        {
            (await bed.InfoAsync(txnId)).Status.Should().Be(TxnStatusPB.TxnStatusAborted);
        }

        foreach (var txnId in others)
        {
            (await bed.InfoAsync(txnId)).Status.Should().Be(TxnStatusPB.TxnStatusPrepared);
        }

        (await bed.InfoAsync(precommitted)).Status.Should().Be(TxnStatusPB.TxnStatusPrecommitted);
        (await Prepared(1500)).Should().BeEmpty();

        Task<long> Begin(
            string label, long id = 7, string ip = "10.0.0.1", long startTime = 1000,
            TxnSourceTypePB source = TxnSourceTypePB.TxnSourceTypeBe) =>
            bed.BeginAsync(label, change: t => t.Coordinator = new TxnCoordinatorPB
            {
                SourceType = source,
                Id = id,
                Ip = ip,
                StartTime = startTime,
            });

        async Task<List<long>> Prepared(long? startTime)
        {
            var request = new GetPrepareTxnByCoordinatorRequest { CloudUniqueId = Node, Id = 7, Ip = "10.0.0.1" };
            if (startTime is { } time)
            {
                request.StartTime = time;
            }

            return [.. (await bed.Txns.GetPrepareTxnByCoordinatorAsync(request)).TxnInfos.Select(t => t.TxnId)];
        }
    }

    [Fact]
    public async Task The_node_must_be_named()
    {
        await using var bed = await CreateAsync();
        await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.Txns.AbortTxnWithCoordinatorAsync(
            new AbortTxnWithCoordinatorRequest { CloudUniqueId = Node, Ip = "10.0.0.1" }));
        await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.Txns.GetPrepareTxnByCoordinatorAsync(
            new GetPrepareTxnByCoordinatorRequest { CloudUniqueId = Node, Id = 7 }));
        await bed.RefusesAsync(MetaServiceCode.ClusterNotFound, () => bed.Txns.AbortTxnWithCoordinatorAsync(
            new AbortTxnWithCoordinatorRequest { CloudUniqueId = "1:other:be", Id = 7, Ip = "10.0.0.1" }));
    }
}
