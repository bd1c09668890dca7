using MetaService.Domain;
using MetaService.Domain.Txns;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;
using static MetaService.UnitTests.Domain.Txns.TxnTestBed;

namespace MetaService.UnitTests.Domain.Txns;

public sealed class MemoryTxnRaceTests : TxnRaceTests
{
    protected override int Rounds => 300;

    protected override IKvStore OpenStore() => new InMemoryKvStore(TimeProvider.System);
}

public sealed class RocksDbTxnRaceTests : TxnRaceTests, IDisposable
{
    private readonly StoreDirectory _directory = new();

    // Each commit is synced to disk.
    protected override int Rounds => 200;

    public void Dispose() => _directory.Dispose();

    protected override IKvStore OpenStore() => _directory.Open();
}

/// <summary>Requests at the same time on the same things.</summary>
public abstract class TxnRaceTests
{
    protected abstract int Rounds { get; }

    protected abstract IKvStore OpenStore();

    [Fact]
    public async Task Of_a_commit_and_an_abort_exactly_one_wins()
    {
        await using var bed = await CreateAsync(OpenStore());
        var (commits, aborts) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var txnId = await bed.BeginAsync($"l{round}");
            await bed.AddRowsetAsync(txnId, rows: 1);
            var outcomes = await RaceAsync(() => bed.CommitAsync(txnId), () => bed.AbortAsync(txnId));
            var txn = await bed.InfoAsync(txnId);
            if (txn.Status == TxnStatusPB.TxnStatusVisible)
            {
                outcomes.Should().Equal(MetaServiceCode.Ok, MetaServiceCode.TxnAlreadyVisible);
                commits++;
            }
            else
            {
                txn.Status.Should().Be(TxnStatusPB.TxnStatusAborted);
                outcomes.Should().Equal(MetaServiceCode.TxnAlreadyAborted, MetaServiceCode.Ok);
                aborts++;
            }
        }

        (commits + aborts).Should().Be(Rounds);
        ((await bed.VersionAsync())?.Version ?? 1).Should().Be(commits + 1);
        var stats = await bed.StatsAsync();
        (stats.NumRowsets, stats.NumRows).Should().Be((commits + 1, commits));
    }

    [Fact]
    public async Task Of_a_lazy_commit_and_an_abort_exactly_one_wins()
    {
        await using var bed = await CreateAsync(OpenStore(), new TxnOptions { LazyCommitRowsets = 0 });
        var commits = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var txnId = await bed.BeginAsync($"l{round}");
            await bed.AddRowsetAsync(txnId, rows: 1);
            var outcomes = await RaceAsync(() => bed.CommitAsync(txnId), () => bed.AbortAsync(txnId));
            outcomes.Should().ContainSingle(o => o == MetaServiceCode.Ok);
            var isVisible = (await bed.InfoAsync(txnId)).Status == TxnStatusPB.TxnStatusVisible;
            isVisible.Should().Be(outcomes[0] == MetaServiceCode.Ok);
            commits += isVisible ? 1 : 0;
        }

        (await bed.StatsAsync()).NumRows.Should().Be(commits);
    }

    [Fact]
    public async Task Of_several_begins_of_one_label_exactly_one_wins()
    {
        await using var bed = await CreateAsync(OpenStore());
        for (var round = 0; round < Rounds; round++)
        {
            var label = $"l{round}";
            var outcomes = await RaceAsync(Enumerable.Range(0, 4).Select(_ => (Func<Task>)(() => bed.BeginAsync(label))).ToArray());
            outcomes.Order().Should().Equal(
                MetaServiceCode.Ok, MetaServiceCode.TxnLabelAlreadyUsed, MetaServiceCode.TxnLabelAlreadyUsed,
                MetaServiceCode.TxnLabelAlreadyUsed);
            var stored = await bed.Runner.ReadAsync((r, t) => r.GetAsync(Key.TxnLabel(Instance, Db, label), cancellationToken: t));
            stored!.Value.Record.TxnIds.Should().ContainSingle();
        }

        var running = await bed.Runner.ReadAsync((r, t) => r.GetRangeAsync(KeyRanges.RunningTxns(Instance), cancellationToken: t));
        running.Records.Should().HaveCount(Rounds);
    }

    [Fact]
    public async Task Commits_into_one_partition_all_succeed_with_consecutive_versions()
    {
        await using var bed = await CreateAsync(OpenStore());
        await bed.AddTabletAsync(50002);
        var txns = new List<(long TxnId, long TabletId, long Rows)>();
        for (var i = 0; i < Rounds; i++)
        {
            var txn = (TxnId: await bed.BeginAsync($"l{i}"), TabletId: Tablet + (i % 2), Rows: (long)i);
            await bed.AddRowsetAsync(txn.TxnId, txn.TabletId, rows: txn.Rows);
            txns.Add(txn);
        }

        var responses = await Task.WhenAll(txns.Select(t => Task.Run(() => bed.CommitAsync(t.TxnId))));
        responses.SelectMany(r => r.Versions).Order().Should().Equal(Enumerable.Range(2, Rounds).Select(v => (long)v));
        (await bed.VersionAsync())!.Version.Should().Be(Rounds + 1);
        (await bed.TableVersionAsync()).Should().Be(Rounds);
        for (var i = 0; i < 2; i++)
        {
            var own = txns.Where(t => t.TabletId == Tablet + i).ToList();
            var stats = await bed.StatsAsync(Tablet + i);
            (stats.NumRowsets, stats.NumRows, stats.DataSize)
                .Should().Be((own.Count + 1, own.Sum(t => t.Rows), own.Sum(t => t.Rows) * 100));
        }

        foreach (var ((txnId, tabletId, _), response) in txns.Zip(responses))
        {
            (await bed.GetAsync(Key.MetaRowset(Instance, tabletId, response.Versions[0])))!.TxnId.Should().Be(txnId);
        }
    }

    [Fact]
    public async Task Lazy_and_immediate_commits_into_one_partition_do_not_lose_each_other()
    {
        await using var bed = await CreateAsync(OpenStore());
        var lazy = new TxnService(bed.Runner, bed.Time, new TxnOptions { LazyCommitRowsets = 0, LazyBatchRowsets = 1 });
        var count = Math.Min(Rounds, 60);
        var txnIds = new List<long>();
        for (var i = 0; i < count; i++)
        {
            txnIds.Add(await bed.BeginAsync($"l{i}"));
            await bed.AddRowsetAsync(txnIds[i], rows: 1);
        }

        var responses = await Task.WhenAll(txnIds.Select((txnId, i) =>
            Task.Run(() => (i % 2 == 0 ? lazy : bed.Txns).CommitTxnAsync(CommitRequest(txnId)))));
        responses.SelectMany(r => r.Versions).Order().Should().Equal(Enumerable.Range(2, count).Select(v => (long)v));
        (await bed.VersionAsync())!.Version.Should().Be(count + 1);
        var stats = await bed.StatsAsync();
        (stats.NumRowsets, stats.NumRows).Should().Be((count + 1, count));
    }

    [Fact]
    public async Task Begins_and_questions_for_the_largest_id_agree_on_what_is_older()
    {
        await using var bed = await CreateAsync(OpenStore());
        for (var round = 0; round < Rounds; round++)
        {
            var label = $"l{round}";
            var begin = Task.Run(() => bed.BeginAsync(label));
            var max = (await bed.Txns.GetCurrentMaxTxnIdAsync(new GetCurrentMaxTxnRequest { CloudUniqueId = Node })).CurrentMaxTxnId;
            var request = new CheckTxnConflictRequest { CloudUniqueId = Node, DbId = Db, EndTxnId = max, TableIds = { Table } };
            var older = (await bed.Txns.CheckTxnConflictAsync(request)).ConflictTxns.Select(t => t.TxnId).ToList();
            var txnId = await begin;
            if (txnId < max)
            {
                older.Should().Contain(txnId, "nobody begins below an id that was told as the largest");
            }
        }
    }

    /// <summary>Runs calls at the same time and answers how each has ended.</summary>
    private static async Task<MetaServiceCode[]> RaceAsync(params Func<Task>[] calls)
    {
        using var start = new Barrier(calls.Length);
        return await Task.WhenAll(calls.Select(call => Task.Factory.StartNew(
            async () =>
            {
                start.SignalAndWait();
                try
                {
                    await call();
                    return MetaServiceCode.Ok;
                }
                catch (MetaServiceException e)
                {
                    return e.Code;
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));
    }
}
