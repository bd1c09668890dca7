using MetaService.Domain.Txns;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;
using static MetaService.UnitTests.Domain.Txns.TxnTestBed;

namespace MetaService.UnitTests.Domain.Txns;

public class TxnHousekeepingTests
{
    private static readonly TxnOptions Batches = new() { HousekeepingBatch = 3 };

    [Fact]
    public async Task Transactions_that_have_timed_out_are_aborted()
    {
        await using var bed = await CreateAsync(options: Batches);
        var due = new List<long>();
        for (var i = 0; i < 8; i++)
        {
            due.Add(await bed.BeginAsync($"l{i}", change: t =>
            {
                t.TimeoutMs = 1000;
                t.DbId = Db + (i % 2);
            }));
        }

        var precommitted = await bed.BeginAsync("precommitted", change: t => t.PrecommitTimeoutMs = 500);
        await bed.PrecommitAsync(precommitted);
        var later = await bed.BeginAsync("later");
        bed.Time.Advance(TimeSpan.FromMilliseconds(1000));
        (await bed.Housekeeping.AbortExpiredAsync(Instance)).Should().Be(1, "a pre-commit sets a timeout of its own");
        bed.Time.Advance(TimeSpan.FromMilliseconds(1));
        (await bed.Housekeeping.AbortExpiredAsync(Instance)).Should().Be(8);
        (await bed.Housekeeping.AbortExpiredAsync(Instance)).Should().Be(0);
        foreach (var txnId in due.Append(precommitted))
        {
            var txn = await bed.InfoAsync(txnId);
            (txn.Status, txn.Reason).Should().Be((TxnStatusPB.TxnStatusAborted, TxnHousekeeping.TimeoutReason));
            (await bed.GetAsync(Key.TxnRunning(Instance, txn.DbId, txnId))).Should().BeNull();
            (await bed.GetAsync(Key.RecycleTxn(Instance, txn.DbId, txnId))).Should().NotBeNull();
        }

        (await bed.InfoAsync(later)).Status.Should().Be(TxnStatusPB.TxnStatusPrepared);
    }

    [Fact]
    public async Task A_committed_transaction_that_has_timed_out_is_made_visible()
    {
        await using var store = new InterposedStore();
        await using var bed = await CreateAsync(store, new TxnOptions { LazyCommitRowsets = 0 });
        var txnId = await bed.BeginAsync();
        await bed.AddRowsetAsync(txnId);
        store.AfterNextCommit = () => throw new KvException(KvError.InvalidOperation, "the server dies here");
        var commit = () => bed.CommitAsync(txnId);
        await commit.Should().ThrowAsync<KvException>();
        bed.Time.Advance(TimeSpan.FromHours(2));
        (await bed.Housekeeping.AbortExpiredAsync(Instance)).Should().Be(1);
        (await bed.InfoAsync(txnId)).Status.Should().Be(TxnStatusPB.TxnStatusVisible);
        (await bed.VersionAsync())!.Version.Should().Be(2);
    }

    [Fact]
    public async Task A_running_record_of_a_finished_transaction_is_removed()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync();
        await bed.CommitAsync(txnId);
        await bed.WriteAsync(t =>
        {
            t.Set(Key.TxnRunning(Instance, Db, txnId), new TxnRunningPB { TimeoutTime = 1 });
            t.Set(Key.TxnRunning(Instance, Db, 4711), new TxnRunningPB { TimeoutTime = 1 });
        });
        (await bed.Housekeeping.AbortExpiredAsync(Instance)).Should().Be(0);
        (await bed.GetAsync(Key.TxnRunning(Instance, Db, txnId))).Should().BeNull();
        (await bed.GetAsync(Key.TxnRunning(Instance, Db, 4711))).Should().BeNull();
        (await bed.InfoAsync(txnId)).Status.Should().Be(TxnStatusPB.TxnStatusVisible);
    }

    [Fact]
    public async Task Finished_transactions_go_with_their_labels_after_a_while()
    {
        await using var bed = await CreateAsync(options: Batches);
        var empty = await bed.DumpAsync();
        for (var i = 0; i < 7; i++)
        {
            await bed.CommitAsync(await bed.BeginAsync($"l{i}"));
        }

        var parent = await bed.BeginAsync("parts");
        await bed.Txns.BeginSubTxnAsync(new BeginSubTxnRequest
        {
            CloudUniqueId = Node,
            TxnId = parent,
            SubTxnNum = 0,
            DbId = Db,
            Label = "part",
            TableIds = { Table },
        });
        await bed.AbortAsync(parent);
        await bed.AbortAsync(await bed.BeginAsync("reused"));
        bed.Time.Advance(TimeSpan.FromSeconds(259_200));
        (await bed.Housekeeping.RemoveFinishedAsync(Instance)).Should().Be(0);
        bed.Time.Advance(TimeSpan.FromMilliseconds(1));
        var open = await bed.BeginAsync("reused");
        (await bed.Housekeeping.RemoveFinishedAsync(Instance)).Should().Be(9);
        var label = await bed.Runner.ReadAsync((r, t) => r.GetAsync(Key.TxnLabel(Instance, Db, "reused"), cancellationToken: t));
        label!.Value.Record.TxnIds.Should().Equal(open);
        (await bed.InfoAsync(open)).Status.Should().Be(TxnStatusPB.TxnStatusPrepared);

        await bed.AbortAsync(open);
        bed.Time.Advance(TimeSpan.FromDays(4));
        (await bed.Housekeeping.RemoveFinishedAsync(Instance)).Should().Be(1);
        (await bed.DumpAsync()).Should().Equal(empty, "nothing of any transaction is left");
        (await bed.BeginAsync("l1")).Should().BePositive();
    }

    [Fact]
    public async Task A_finished_transaction_that_is_to_go_at_once_goes_at_once()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync();
        await bed.CommitAsync(txnId);
        await bed.WriteAsync(t => t.Set(
            Key.RecycleTxn(Instance, Db, txnId), new RecycleTxnPB { CreationTime = bed.Now, Label = "l1", Immediate = true }));
        (await bed.Housekeeping.RemoveFinishedAsync(Instance)).Should().Be(1);
        await bed.RefusesAsync(MetaServiceCode.TxnIdNotFound, () => bed.InfoAsync(txnId));
    }

    [Fact]
    public async Task Cleaning_labels_removes_what_is_finished_and_keeps_the_rest()
    {
        await using var bed = await CreateAsync(options: Batches);
        var visible = await bed.BeginAsync("visible");
        await bed.CommitAsync(visible);
        var aborted = await bed.BeginAsync("mixed");
        await bed.AbortAsync(aborted);
        var open = await bed.BeginAsync("mixed");
        await Clean(bed, "mixed", "unknown");
        await bed.RefusesAsync(MetaServiceCode.TxnIdNotFound, () => bed.InfoAsync(aborted));
        (await bed.InfoAsync(open)).Status.Should().Be(TxnStatusPB.TxnStatusPrepared);
        (await bed.InfoAsync(visible)).Status.Should().Be(TxnStatusPB.TxnStatusVisible);
        await bed.RefusesAsync(MetaServiceCode.TxnLabelAlreadyUsed, () => bed.Txns.BeginTxnAsync(BeginRequest("mixed")));
        await Clean(bed, "visible");
        (await bed.BeginAsync("visible")).Should().BePositive();
    }

    [Fact]
    public async Task Cleaning_without_labels_is_for_the_whole_database()
    {
        await using var bed = await CreateAsync(options: Batches);
        var empty = await bed.DumpAsync();
        for (var i = 0; i < 10; i++)
        {
            await bed.CommitAsync(await bed.BeginAsync($"l{i}"));
        }

        var elsewhere = await bed.BeginAsync("l0", change: t => t.DbId = Db + 1);
        await bed.CommitAsync(elsewhere);
        await Clean(bed);
        (await bed.InfoAsync(elsewhere)).Status.Should().Be(TxnStatusPB.TxnStatusVisible);
        (await bed.DumpAsync()).Should().HaveCount(empty.Count + 4, "the other database's info, index, label and recycle record stay");
        await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.Txns.CleanTxnLabelAsync(
            new CleanTxnLabelRequest { CloudUniqueId = Node }));
        await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.Txns.CleanTxnLabelAsync(
            new CleanTxnLabelRequest { CloudUniqueId = Node, DbId = Db, Labels = { "" } }));
    }

    private static Task Clean(TxnTestBed bed, params string[] labels)
    {
        var request = new CleanTxnLabelRequest { CloudUniqueId = Node, DbId = Db };
        request.Labels.Add(labels);
        return bed.Txns.CleanTxnLabelAsync(request);
    }
}
