using MetaService.Domain.Txns;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;
using static MetaService.UnitTests.Domain.Txns.TxnTestBed;

namespace MetaService.UnitTests.Domain.Txns;

public class BeginTxnTests
{
    [Fact]
    public async Task A_transaction_begins_prepared_and_times_out_when_it_said()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync(change: i => i.ListenerId = 7);
        var txn = await bed.InfoAsync(txnId);
        txn.Status.Should().Be(TxnStatusPB.TxnStatusPrepared);
        txn.PrepareTime.Should().Be(bed.Now);
        txn.ListenerId.Should().Be(7);
        var running = await bed.GetAsync(Key.TxnRunning(Instance, Db, txnId));
        running!.TimeoutTime.Should().Be(bed.Now + 3_600_000);
        running.TableIds.Should().Equal(Table);
    }

    [Fact]
    public async Task Ids_come_from_versionstamps_and_rise()
    {
        await using var bed = await CreateAsync();
        var ids = new List<long>();
        for (var i = 0; i < 50; i++)
        {
            ids.Add(await bed.BeginAsync($"l{i}"));
        }

        ids.Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
        var label = await bed.Runner.ReadAsync((r, t) => r.GetAsync(Key.TxnLabel(Instance, Db, "l49"), cancellationToken: t));
        label!.Value.Record.TxnIds.Should().Equal(ids[^1]);
        TxnId.FromVersionstamp(label.Value.Stamp).Should().BeGreaterThan(ids[^1], "the label keeps the stamp of the later commit");
    }

    [Fact]
    public async Task What_only_later_steps_may_say_is_not_taken_from_the_request()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync(change: i =>
        {
            i.Status = TxnStatusPB.TxnStatusVisible;
            i.TxnId = 5;
            i.CommitTime = i.FinishTime = i.PrecommitTime = 1;
            i.SubTxnIds.Add(9);
        });
        var txn = await bed.InfoAsync(txnId);
        txn.TxnId.Should().Be(txnId);
        txn.Status.Should().Be(TxnStatusPB.TxnStatusPrepared);
        (txn.HasCommitTime || txn.HasFinishTime || txn.HasPrecommitTime || txn.SubTxnIds.Count > 0).Should().BeFalse();
    }

    public static TheoryData<string, Action<BeginTxnRequest>> WrongRequests => new()
    {
        { "no txn_info", r => r.TxnInfo = null },
        { "no label", r => r.TxnInfo.Label = "" },
        { "a label that does not fit a key", r => r.TxnInfo.Label = new string('x', 1025) },
        { "no db", r => r.TxnInfo.ClearDbId() },
        { "negative db", r => r.TxnInfo.DbId = -1 },
        { "smallest db", r => r.TxnInfo.DbId = long.MinValue },
        { "no tables", r => r.TxnInfo.TableIds.Clear() },
        { "no timeout", r => r.TxnInfo.ClearTimeoutMs() },
        { "negative timeout", r => r.TxnInfo.TimeoutMs = -1 },
        { "too large a record", r => r.TxnInfo.TableIds.Add(Enumerable.Repeat(long.MaxValue, 20_000)) },
        { "no cloud_unique_id", r => r.CloudUniqueId = "" },
        { "unknown node", r => r.CloudUniqueId = "nobody" },
    };

    [Theory]
    [MemberData(nameof(WrongRequests))]
    public async Task A_wrong_request_is_refused(string _, Action<BeginTxnRequest> spoil)
    {
        await using var bed = await CreateAsync();
        var request = BeginRequest();
        spoil(request);
        await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.Txns.BeginTxnAsync(request));
    }

    [Fact]
    public async Task Nothing_is_stored_for_an_unknown_or_dropped_instance()
    {
        await using var bed = await CreateAsync();
        var request = BeginRequest();
        request.CloudUniqueId = "1:other:be1";
        await bed.RefusesAsync(MetaServiceCode.ClusterNotFound, () => bed.Txns.BeginTxnAsync(request));
        await bed.WriteAsync(t => t.SetClear(Key.Instance(Instance), new InstanceInfoPB
        {
            InstanceId = Instance,
            Status = InstanceInfoPB.Types.Status.Deleted,
        }));
        await bed.RefusesAsync(MetaServiceCode.ClusterNotFound, () => bed.Txns.BeginTxnAsync(BeginRequest()));
    }

    [Fact]
    public async Task A_label_in_use_is_refused_whatever_came_of_its_transaction_but_an_abort()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync();
        await Refused(TxnStatusPB.TxnStatusPrepared);
        await bed.PrecommitAsync(txnId);
        await Refused(TxnStatusPB.TxnStatusPrecommitted);
        await bed.CommitAsync(txnId);
        await Refused(TxnStatusPB.TxnStatusVisible);

        async Task Refused(TxnStatusPB status)
        {
            var refusal = await bed.RefusesAsync(
                MetaServiceCode.TxnLabelAlreadyUsed, () => bed.Txns.BeginTxnAsync(BeginRequest()));
            ((BeginTxnResponse)refusal.PartialResponse!).TxnStatus.Should().Be(status);
        }
    }

    [Fact]
    public async Task The_same_label_in_another_database_is_another_label()
    {
        await using var bed = await CreateAsync();
        await bed.BeginAsync();
        (await bed.BeginAsync(change: i => i.DbId = Db + 1)).Should().BePositive();
    }

    [Fact]
    public async Task A_repeated_request_is_told_its_transaction_while_that_is_open()
    {
        await using var bed = await CreateAsync();
        var request = BeginRequest(change: i => i.RequestId = new UniqueIdPB { Hi = 1, Lo = 2 });
        var txnId = (await bed.Txns.BeginTxnAsync(request)).TxnId;
        await Duplicated();
        await bed.PrecommitAsync(txnId);
        await Duplicated();
        await bed.RefusesAsync(MetaServiceCode.TxnLabelAlreadyUsed, () => bed.Txns.BeginTxnAsync(
            BeginRequest(change: i => i.RequestId = new UniqueIdPB { Hi = 1, Lo = 3 })));
        await bed.CommitAsync(txnId);
        await bed.RefusesAsync(MetaServiceCode.TxnLabelAlreadyUsed, () => bed.Txns.BeginTxnAsync(request));

        async Task Duplicated()
        {
            var refusal = await bed.RefusesAsync(MetaServiceCode.TxnDuplicatedReq, () => bed.Txns.BeginTxnAsync(request));
            ((BeginTxnResponse)refusal.PartialResponse!).DupTxnId.Should().Be(txnId);
        }
    }

    [Fact]
    public async Task An_aborted_transaction_frees_its_label_until_there_are_too_many()
    {
        await using var bed = await CreateAsync(options: new TxnOptions { MaxAbortedPerLabel = 3 });
        for (var i = 0; i < 3; i++)
        {
            await bed.AbortAsync(await bed.BeginAsync());
        }

        await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.Txns.BeginTxnAsync(BeginRequest()));
    }

    [Fact]
    public async Task A_label_that_names_a_transaction_which_is_not_there_is_an_error()
    {
        await using var bed = await CreateAsync();
        await bed.WriteAsync(t => t.SetWithCommitStamp(Key.TxnLabel(Instance, Db, "l1"), new TxnLabelPB { TxnIds = { 77 } }));
        bed.IsDamaged = true;
        await bed.RefusesAsync(MetaServiceCode.TxnIdNotFound, () => bed.Txns.BeginTxnAsync(BeginRequest()));
    }

    [Fact]
    public async Task A_stamped_label_without_transactions_is_free()
    {
        await using var bed = await CreateAsync();
        await bed.WriteAsync(t => t.SetWithCommitStamp(Key.TxnLabel(Instance, Db, "l1"), new TxnLabelPB()));
        (await bed.BeginAsync()).Should().BePositive();
    }

    [Fact]
    public async Task The_largest_id_is_above_all_that_have_begun_and_below_all_that_will()
    {
        await using var bed = await CreateAsync();
        var before = await bed.BeginAsync("l1");
        var max = (await bed.Txns.GetCurrentMaxTxnIdAsync(new GetCurrentMaxTxnRequest { CloudUniqueId = Node })).CurrentMaxTxnId;
        max.Should().BeGreaterThan(before);
        (await bed.BeginAsync("l2")).Should().BeGreaterThan(max);
    }

    [Fact]
    public async Task A_begin_between_its_two_steps_does_not_slip_under_the_largest_id()
    {
        // A store that lets somebody ask for the largest id right after the first step has made the id of the second.
        await using var store = new InterposedStore();
        await using var bed = await CreateAsync(store);
        long max = 0;
        store.AfterNextCommit = async () => max =
            (await bed.Txns.GetCurrentMaxTxnIdAsync(new GetCurrentMaxTxnRequest { CloudUniqueId = Node })).CurrentMaxTxnId;
        var txnId = await bed.BeginAsync();
        max.Should().BePositive();
        txnId.Should().BeGreaterThan(max);
    }

    [Fact]
    public async Task An_id_that_somebody_took_between_the_two_steps_is_not_used_again()
    {
        await using var store = new InterposedStore();
        await using var bed = await CreateAsync(store);
        long taken = 0;
        store.AfterNextCommit = async () =>
        {
            var label = await bed.Runner.ReadAsync((r, t) => r.GetAsync(Key.TxnLabel(Instance, Db, "l1"), cancellationToken: t));
            taken = TxnId.FromVersionstamp(label!.Value.Stamp);
            await bed.WriteAsync(t => t.Set(Key.TxnIndex(Instance, taken), new TxnIndexPB()));
            bed.IsDamaged = true;
        };
        var txnId = await bed.BeginAsync();
        taken.Should().BePositive();
        txnId.Should().BeGreaterThan(taken);
        (await bed.InfoAsync(txnId)).Label.Should().Be("l1");
    }

    [Fact]
    public async Task A_crash_between_the_two_steps_leaves_a_free_label_and_nothing_else()
    {
        await using var store = new InterposedStore();
        await using var bed = await CreateAsync(store);
        var before = await bed.DumpAsync();
        store.AfterNextCommit = () => throw new KvException(KvError.InvalidOperation, "the server dies here");
        var call = () => bed.BeginAsync();
        await call.Should().ThrowAsync<KvException>();
        var left = (await bed.DumpAsync()).Keys.Except(before.Keys).ToList();
        left.Should().Equal(Convert.ToHexStringLower(Key.TxnLabel(Instance, Db, "l1").Bytes));
        (await bed.BeginAsync()).Should().BePositive();
    }
}
