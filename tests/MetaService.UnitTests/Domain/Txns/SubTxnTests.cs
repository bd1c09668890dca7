using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using static MetaService.UnitTests.Domain.Txns.TxnTestBed;

namespace MetaService.UnitTests.Domain.Txns;

public class SubTxnTests
{
    [Fact]
    public async Task Parts_are_added_in_order_and_set_the_tables()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync();
        var first = await bed.Txns.BeginSubTxnAsync(Begin(txnId, 0, Table, 20002));
        var second = await bed.Txns.BeginSubTxnAsync(Begin(txnId, 1, Table, 20002, 20002));
        second.SubTxnId.Should().BeGreaterThan(first.SubTxnId).And.BeGreaterThan(txnId);
        second.TxnInfo.SubTxnIds.Should().Equal(first.SubTxnId, second.SubTxnId);
        second.TxnInfo.TableIds.Should().Equal(Table, 20002, 20002);
        (await bed.InfoAsync(txnId)).Should().Be(second.TxnInfo);
        (await bed.GetAsync(Key.TxnRunning(Instance, Db, txnId)))!.TableIds.Should().Equal(Table, 20002, 20002);
        (await bed.GetAsync(Key.TxnIndex(Instance, first.SubTxnId))).Should().Be(
            new TxnIndexPB { TabletIndex = new TabletIndexPB { DbId = Db }, ParentTxnId = txnId });
        (await Label(bed, "part")).Should().BeNull("the label of a part is only for making its id");
        await bed.RefusesAsync(MetaServiceCode.TxnIdNotFound, () => bed.AbortAsync(first.SubTxnId));
    }

    [Fact]
    public async Task A_part_may_have_the_label_of_its_transaction()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync("part");
        await bed.Txns.BeginSubTxnAsync(Begin(txnId, 0, Table));
        (await Label(bed, "part"))!.TxnIds.Should().Equal(txnId);
    }

    [Fact]
    public async Task An_aborted_part_stays_in_the_list_and_aborting_it_twice_is_the_same()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync();
        var part = (await bed.Txns.BeginSubTxnAsync(Begin(txnId, 0, Table, 20002))).SubTxnId;
        for (var i = 0; i < 2; i++)
        {
            var response = await bed.Txns.AbortSubTxnAsync(Abort(txnId, part, 1));
            response.TxnInfo.SubTxnIds.Should().Equal(part);
            response.TxnInfo.TableIds.Should().Equal(Table);
            (await bed.InfoAsync(txnId)).Should().Be(response.TxnInfo);
        }

        await bed.RefusesAsync(MetaServiceCode.TxnIdNotFound, () => bed.Txns.AbortSubTxnAsync(Abort(txnId, part + 1, 1)));
        await bed.RefusesAsync(MetaServiceCode.UndefinedErr, () => bed.Txns.AbortSubTxnAsync(Abort(txnId, part, 2)));
    }

    [Fact]
    public async Task The_caller_must_know_how_many_parts_there_are()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync();
        await bed.RefusesAsync(MetaServiceCode.UndefinedErr, () => bed.Txns.BeginSubTxnAsync(Begin(txnId, 1, Table)));
        await bed.Txns.BeginSubTxnAsync(Begin(txnId, 0, Table));
        await bed.RefusesAsync(MetaServiceCode.UndefinedErr, () => bed.Txns.BeginSubTxnAsync(Begin(txnId, 0, Table)));
    }

    [Fact]
    public async Task Only_a_prepared_transaction_gets_parts()
    {
        await using var bed = await CreateAsync();
        var (aborted, visible, precommitted) = (await bed.BeginAsync("l1"), await bed.BeginAsync("l2"), await bed.BeginAsync("l3"));
        await bed.AbortAsync(aborted);
        await bed.CommitAsync(visible);
        await bed.PrecommitAsync(precommitted);
        await bed.RefusesAsync(MetaServiceCode.TxnAlreadyAborted, () => bed.Txns.BeginSubTxnAsync(Begin(aborted, 0, Table)));
        await bed.RefusesAsync(MetaServiceCode.TxnAlreadyVisible, () => bed.Txns.BeginSubTxnAsync(Begin(visible, 0, Table)));
        await bed.RefusesAsync(MetaServiceCode.TxnInvalidStatus, () => bed.Txns.BeginSubTxnAsync(Begin(precommitted, 0, Table)));
        await bed.RefusesAsync(MetaServiceCode.TxnIdNotFound, () => bed.Txns.BeginSubTxnAsync(Begin(4711, 0, Table)));
    }

    public static TheoryData<string, Action<BeginSubTxnRequest>> WrongRequests => new()
    {
        { "no txn", r => r.ClearTxnId() },
        { "negative txn", r => r.TxnId = -1 },
        { "no count", r => r.ClearSubTxnNum() },
        { "negative count", r => r.SubTxnNum = -1 },
        { "no db", r => r.ClearDbId() },
        { "no tables", r => r.TableIds.Clear() },
        { "no label", r => r.Label = "" },
        { "unknown node", r => r.CloudUniqueId = "nobody" },
    };

    [Theory]
    [MemberData(nameof(WrongRequests))]
    public async Task A_wrong_request_is_refused(string _, Action<BeginSubTxnRequest> spoil)
    {
        await using var bed = await CreateAsync();
        var request = Begin(await bed.BeginAsync(), 0, Table);
        spoil(request);
        await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.Txns.BeginSubTxnAsync(request));
    }

    private static BeginSubTxnRequest Begin(long txnId, long known, params long[] tables)
    {
        var request = new BeginSubTxnRequest { CloudUniqueId = Node, TxnId = txnId, SubTxnNum = known, DbId = Db, Label = "part" };
        request.TableIds.Add(tables);
        return request;
    }

    private static AbortSubTxnRequest Abort(long txnId, long part, long known) => new()
    {
        CloudUniqueId = Node,
        TxnId = txnId,
        SubTxnId = part,
        SubTxnNum = known,
        DbId = Db,
        TableIds = { Table },
    };

    private static async Task<TxnLabelPB?> Label(TxnTestBed bed, string label) =>
        (await bed.Runner.ReadAsync((r, t) => r.GetAsync(Key.TxnLabel(Instance, Db, label), cancellationToken: t)))?.Record;
}
