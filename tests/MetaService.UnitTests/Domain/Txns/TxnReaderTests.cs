using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Own;
using static MetaService.UnitTests.Domain.Txns.TxnTestBed;

namespace MetaService.UnitTests.Domain.Txns;

public class TxnReaderTests
{
    [Fact]
    public async Task A_transaction_is_found_by_id_or_as_the_newest_of_its_label()
    {
        await using var bed = await CreateAsync();
        var aborted = await bed.BeginAsync();
        await bed.AbortAsync(aborted);
        var txnId = await bed.BeginAsync();
        (await Get(new GetTxnRequest { TxnId = aborted })).TxnId.Should().Be(aborted);
        (await Get(new GetTxnRequest { TxnId = aborted, DbId = Db })).TxnId.Should().Be(aborted);
        (await Get(new GetTxnRequest { DbId = Db, Label = "l1" })).TxnId.Should().Be(txnId);
        await Refused(MetaServiceCode.TxnIdNotFound, new GetTxnRequest { TxnId = 4711 });
        await Refused(MetaServiceCode.TxnIdNotFound, new GetTxnRequest { TxnId = txnId, DbId = 666 });
        await Refused(MetaServiceCode.TxnIdNotFound, new GetTxnRequest { DbId = Db, Label = "unknown" });
        await Refused(MetaServiceCode.InvalidArgument, new GetTxnRequest());
        await Refused(MetaServiceCode.InvalidArgument, new GetTxnRequest { TxnId = -1 });
        await Refused(MetaServiceCode.InvalidArgument, new GetTxnRequest { TxnId = long.MinValue });
        await Refused(MetaServiceCode.InvalidArgument, new GetTxnRequest { TxnId = txnId, DbId = -1 });
        await Refused(MetaServiceCode.InvalidArgument, new GetTxnRequest { Label = "l1" });

        async Task<TxnInfoPB> Get(GetTxnRequest request)
        {
            request.CloudUniqueId = Node;
            return (await bed.Txns.GetTxnAsync(request)).TxnInfo;
        }

        Task Refused(MetaServiceCode code, GetTxnRequest request) => bed.RefusesAsync(code, () => Get(request));
    }

    [Fact]
    public async Task The_id_of_a_label_is_the_newest_or_the_oldest_in_a_status()
    {
        await using var bed = await CreateAsync();
        var ids = new List<long>();
        for (var i = 0; i < 3; i++)
        {
            ids.Add(await bed.BeginAsync());
            await bed.AbortAsync(ids[i]);
        }

        ids.Add(await bed.BeginAsync());
        (await Id()).Should().Be(ids[3]);
        (await Id(TxnStatusPB.TxnStatusAborted)).Should().Be(ids[0]);
        (await Id(TxnStatusPB.TxnStatusVisible, TxnStatusPB.TxnStatusPrepared)).Should().Be(ids[3]);
        await bed.RefusesAsync(MetaServiceCode.TxnIdNotFound, () => Id(TxnStatusPB.TxnStatusVisible));
        await bed.RefusesAsync(MetaServiceCode.TxnIdNotFound, () => bed.Txns.GetTxnIdAsync(
            new GetTxnIdRequest { CloudUniqueId = Node, DbId = Db, Label = "unknown" }));
        await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.Txns.GetTxnIdAsync(
            new GetTxnIdRequest { CloudUniqueId = Node, Label = "l1" }));
        await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.Txns.GetTxnIdAsync(
            new GetTxnIdRequest { CloudUniqueId = Node, DbId = Db }));

        async Task<long> Id(params TxnStatusPB[] statuses)
        {
            var request = new GetTxnIdRequest { CloudUniqueId = Node, DbId = Db, Label = "l1" };
            request.TxnStatus.Add(statuses);
            return (await bed.Txns.GetTxnIdAsync(request)).TxnId;
        }
    }

    [Fact]
    public async Task Older_open_transactions_on_the_same_tables_conflict_until_they_time_out()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync();
        var other = await bed.BeginAsync("l2", tableId: 20002);
        (await Conflicts(long.MaxValue)).Should().Equal(txnId);
        (await Conflicts(txnId)).Should().BeEmpty("only older ones count");
        (await Conflicts(txnId + 1)).Should().Equal(txnId);
        (await Conflicts(long.MaxValue, Table, 20002)).Should().Equal(txnId, other);
        (await Conflicts(long.MaxValue, 7)).Should().BeEmpty();

        bed.Time.Advance(TimeSpan.FromHours(1));
        (await Conflicts(long.MaxValue)).Should().Equal(txnId);
        bed.Time.Advance(TimeSpan.FromMilliseconds(1));
        (await Conflicts(long.MaxValue)).Should().BeEmpty();
        var strict = Request(long.MaxValue, Table);
        strict.IgnoreTimeoutTxn = false;
        (await bed.Txns.CheckTxnConflictAsync(strict)).Finished.Should().BeFalse();

        // It is decided, so that its rowsets will come however late it is.
        var info = await bed.InfoAsync(txnId);
        info.Status = TxnStatusPB.TxnStatusCommitted;
        await bed.WriteAsync(t => t.Set(Key.TxnInfo(Instance, Db, txnId), info));
        (await Conflicts(long.MaxValue)).Should().Equal(txnId);

        async Task<long[]> Conflicts(long end, params long[] tables)
        {
            var response = await bed.Txns.CheckTxnConflictAsync(Request(end, tables.Length > 0 ? tables : [Table]));
            response.Finished.Should().Be(response.ConflictTxns.Count == 0);
            return [.. response.ConflictTxns.Select(t => t.TxnId)];
        }
    }

    [Fact]
    public async Task A_question_for_conflicts_must_say_about_what()
    {
        await using var bed = await CreateAsync();
        foreach (var request in new[] { Request(5), Request(-5, Table), Request(5, Table), Request(5, Table) })
        {
            if (request is { TableIds.Count: > 0, EndTxnId: 5 })
            {
                request.ClearDbId();
            }

            await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.Txns.CheckTxnConflictAsync(request));
        }
    }

    [Fact]
    public async Task Transactions_are_listed_page_by_page()
    {
        await using var bed = await CreateAsync();
        var ids = new List<long>();
        for (var i = 0; i < 10; i++)
        {
            ids.Add(await bed.BeginAsync($"l{i}", change: t => t.DbId = i < 4 ? Db : Db + 1));
        }

        await bed.AbortAsync(ids[1]);
        (await List(new ListTxnsRequest { Limit = 3 })).Should().Equal(ids);
        (await List(new ListTxnsRequest())).Should().Equal(ids);
        (await List(new ListTxnsRequest { DbId = Db, Limit = 2 })).Should().Equal(ids[..4]);
        (await List(new ListTxnsRequest { Status = { TxnStatusPB.TxnStatusAborted } })).Should().Equal(ids[1]);
        (await List(new ListTxnsRequest { Status = { TxnStatusPB.TxnStatusPrepared }, Limit = 2 }))
            .Should().Equal(ids.Where(id => id != ids[1]));
        (await List(new ListTxnsRequest { Status = { TxnStatusPB.TxnStatusPrepared }, DbId = Db, Limit = 1 }))
            .Should().Equal(ids[0], ids[2], ids[3]);

        bed.Time.Advance(TimeSpan.FromMinutes(1));
        ids.Add(await bed.BeginAsync("young"));
        (await List(new ListTxnsRequest { MinAgeMs = 60_000 })).Should().BeEquivalentTo(ids[..10]);
        (await List(new ListTxnsRequest { MinAgeMs = 60_001 })).Should().BeEmpty();

        async Task<List<long>> List(ListTxnsRequest request)
        {
            request.InstanceId = Instance;
            var found = new List<long>();
            while (true)
            {
                var page = await bed.Txns.ListTxnsAsync(request);
                page.Txns.Count.Should().BeLessThanOrEqualTo(request.HasLimit ? request.Limit : 100);
                found.AddRange(page.Txns.Select(t => t.TxnId));
                if (!page.HasNextPageToken)
                {
                    return found;
                }

                request.PageToken = page.NextPageToken;
            }
        }
    }

    [Fact]
    public async Task A_list_request_that_makes_no_sense_is_refused()
    {
        await using var bed = await CreateAsync();
        foreach (var request in new[]
        {
            new ListTxnsRequest { InstanceId = Instance, Limit = 0 },
            new ListTxnsRequest { InstanceId = Instance, Limit = 1001 },
            new ListTxnsRequest { InstanceId = Instance, DbId = -1 },
            new ListTxnsRequest { InstanceId = Instance, MinAgeMs = -1 },
            new ListTxnsRequest { InstanceId = Instance, PageToken = "x" },
            new ListTxnsRequest { InstanceId = Instance, PageToken = "1:-2" },
            new ListTxnsRequest { InstanceId = Instance, PageToken = "1:2:3" },
            new ListTxnsRequest(),
        })
        {
            await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.Txns.ListTxnsAsync(request));
        }

        await bed.RefusesAsync(
            MetaServiceCode.ClusterNotFound, () => bed.Txns.ListTxnsAsync(new ListTxnsRequest { InstanceId = "other" }));
    }

    private static CheckTxnConflictRequest Request(long end, params long[] tables)
    {
        var request = new CheckTxnConflictRequest { CloudUniqueId = Node, DbId = Db, EndTxnId = end };
        request.TableIds.Add(tables);
        return request;
    }
}
