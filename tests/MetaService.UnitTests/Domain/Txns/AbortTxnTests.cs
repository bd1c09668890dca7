using MetaService.Keys;
using MetaService.Records.Cloud;
using static MetaService.UnitTests.Domain.Txns.TxnTestBed;

namespace MetaService.UnitTests.Domain.Txns;

public class AbortTxnTests
{
    [Fact]
    public async Task An_abort_by_id_ends_the_transaction_and_leaves_its_rowsets_to_be_reclaimed()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync();
        await bed.AddRowsetAsync(txnId);
        var response = await bed.AbortAsync(txnId);
        response.TxnInfo.Should().Be(await bed.InfoAsync(txnId));
        (response.TxnInfo.Status, response.TxnInfo.Reason).Should().Be((TxnStatusPB.TxnStatusAborted, "User Abort"));
        response.TxnInfo.FinishTime.Should().Be(bed.Now);
        (await bed.GetAsync(Key.TxnRunning(Instance, Db, txnId))).Should().BeNull();
        (await bed.GetAsync(Key.RecycleTxn(Instance, Db, txnId)))!.CreationTime.Should().Be(bed.Now);
        (await bed.GetAsync(Key.MetaRowsetTmp(Instance, txnId, Tablet))).Should().NotBeNull();
        (await bed.StatsAsync()).NumRowsets.Should().Be(1);
    }

    [Fact]
    public async Task A_reason_and_an_attachment_are_kept()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync();
        var attachment = new TxnCommitAttachmentPB { LoadJobFinalOperation = new() { Id = 5 } };
        await bed.Txns.AbortTxnAsync(new AbortTxnRequest
        {
            CloudUniqueId = Node,
            TxnId = txnId,
            Reason = "no space",
            CommitAttachment = attachment,
        });
        var txn = await bed.InfoAsync(txnId);
        (txn.Reason, txn.CommitAttachment).Should().Be(("no space", attachment));
    }

    [Fact]
    public async Task An_abort_by_label_takes_the_transaction_that_is_open()
    {
        await using var bed = await CreateAsync();
        await bed.AbortAsync(await bed.BeginAsync());
        var txnId = await bed.BeginAsync();
        await bed.PrecommitAsync(txnId);
        (await ByLabel(bed)).TxnInfo.TxnId.Should().Be(txnId);
        await bed.RefusesAsync(MetaServiceCode.TxnInvalidStatus, () => ByLabel(bed));
        await bed.RefusesAsync(MetaServiceCode.TxnLabelNotFound, () => ByLabel(bed, "unknown"));
    }

    [Fact]
    public async Task A_finished_transaction_cannot_be_aborted()
    {
        await using var bed = await CreateAsync();
        var (aborted, visible) = (await bed.BeginAsync("l1"), await bed.BeginAsync("l2"));
        await bed.AbortAsync(aborted);
        await bed.CommitAsync(visible);
        await bed.RefusesAsync(MetaServiceCode.TxnAlreadyAborted, () => bed.AbortAsync(aborted));
        await bed.RefusesAsync(MetaServiceCode.TxnAlreadyVisible, () => bed.AbortAsync(visible));
        await bed.RefusesAsync(MetaServiceCode.TxnInvalidStatus, () => ByLabel(bed, "l2"));
        await bed.RefusesAsync(MetaServiceCode.TxnIdNotFound, () => bed.AbortAsync(4711));
    }

    [Fact]
    public async Task A_request_that_names_no_transaction_is_refused()
    {
        await using var bed = await CreateAsync();
        foreach (var request in new[]
        {
            new AbortTxnRequest { CloudUniqueId = Node },
            new AbortTxnRequest { CloudUniqueId = Node, TxnId = -1 },
            new AbortTxnRequest { CloudUniqueId = Node, Label = "l1" },
            new AbortTxnRequest { CloudUniqueId = Node, DbId = Db },
            new AbortTxnRequest { CloudUniqueId = Node, DbId = -1, Label = "l1" },
            new AbortTxnRequest { CloudUniqueId = "nobody", TxnId = 1 },
        })
        {
            await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.Txns.AbortTxnAsync(request));
        }

        await bed.RefusesAsync(MetaServiceCode.ClusterNotFound, () => bed.Txns.AbortTxnAsync(
            new AbortTxnRequest { CloudUniqueId = "1:other:be", TxnId = 1 }));
    }

    [Fact]
    public async Task A_precommit_sets_a_new_timeout_and_keeps_the_attachment()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync();
        bed.Time.Advance(TimeSpan.FromSeconds(5));
        var attachment = new TxnCommitAttachmentPB { LoadJobFinalOperation = new() { Id = 5 } };
        var response = await bed.Txns.PrecommitTxnAsync(new PrecommitTxnRequest
        {
            CloudUniqueId = Node,
            TxnId = txnId,
            PrecommitTimeoutMs = 60_000,
            CommitAttachment = attachment,
        });
        response.TxnId.Should().Be(txnId);
        var txn = await bed.InfoAsync(txnId);
        (txn.Status, txn.PrecommitTime, txn.CommitAttachment)
            .Should().Be((TxnStatusPB.TxnStatusPrecommitted, bed.Now, attachment));
        (await bed.GetAsync(Key.TxnRunning(Instance, Db, txnId)))!.TimeoutTime.Should().Be(bed.Now + 60_000);
    }

    [Fact]
    public async Task A_refused_precommit_changes_nothing()
    {
        await using var bed = await CreateAsync();
        var (precommitted, aborted, visible) = (await bed.BeginAsync("l1"), await bed.BeginAsync("l2"), await bed.BeginAsync("l3"));
        await bed.PrecommitAsync(precommitted);
        await bed.AbortAsync(aborted);
        await bed.CommitAsync(visible);
        bed.Time.Advance(TimeSpan.FromSeconds(5));
        await bed.RefusesAsync(MetaServiceCode.TxnAlreadyPrecommited, () => bed.PrecommitAsync(precommitted));
        await bed.RefusesAsync(MetaServiceCode.TxnAlreadyAborted, () => bed.PrecommitAsync(aborted));
        await bed.RefusesAsync(MetaServiceCode.TxnAlreadyVisible, () => bed.PrecommitAsync(visible));
        await bed.RefusesAsync(MetaServiceCode.TxnIdNotFound, () => bed.PrecommitAsync(4711));
        await bed.RefusesAsync(MetaServiceCode.TxnIdNotFound, () => bed.Txns.PrecommitTxnAsync(
            new PrecommitTxnRequest { CloudUniqueId = Node, DbId = 666, TxnId = precommitted }));
        await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.Txns.PrecommitTxnAsync(
            new PrecommitTxnRequest { CloudUniqueId = Node }));
        await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.Txns.PrecommitTxnAsync(
            new PrecommitTxnRequest { CloudUniqueId = Node, TxnId = precommitted, PrecommitTimeoutMs = -5 }));
    }

    private static Task<AbortTxnResponse> ByLabel(TxnTestBed bed, string label = "l1") =>
        bed.Txns.AbortTxnAsync(new AbortTxnRequest { CloudUniqueId = Node, DbId = Db, Label = label });
}
