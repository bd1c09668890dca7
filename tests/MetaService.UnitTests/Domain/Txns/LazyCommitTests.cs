using MetaService.Domain.Txns;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;
using static MetaService.UnitTests.Domain.Txns.TxnTestBed;

namespace MetaService.UnitTests.Domain.Txns;

public class LazyCommitTests
{
    private const int Tablets = 40;
    private static readonly TxnOptions Small = new() { LazyCommitRowsets = 10, LazyBatchRowsets = 7 };

    [Theory]
    [InlineData(7, 2_000_000)]
    [InlineData(500, 150)]
    public async Task A_commit_of_many_rowsets_ends_like_any_other(int batchRowsets, int batchBytes)
    {
        await using var store = new InterposedStore();
        await using var bed = await CreateAsync(store, new TxnOptions
        {
            LazyCommitRowsets = 10,
            LazyBatchRowsets = batchRowsets,
            LazyBatchBytes = batchBytes,
        });
        var txnId = await BeginLargeAsync(bed);
        var commits = store.Commits;
        var response = await bed.CommitAsync(txnId);
        (store.Commits - commits).Should().BeGreaterThan(5, "it takes several KV transactions");
        response.TxnInfo.Should().Be(await bed.InfoAsync(txnId));
        response.TxnInfo.Status.Should().Be(TxnStatusPB.TxnStatusVisible);
        response.TableIds.Should().Equal(Table, 20002);
        response.PartitionIds.Should().Equal(Partition, 40002);
        response.Versions.Should().Equal(2, 2);
        await VisibleAsync(bed, txnId, version: 2);
        (await bed.TableVersionAsync()).Should().Be(1);
        (await bed.TableVersionAsync(20002)).Should().Be(1);
        (await bed.VersionAsync())!.UpdateTimeMs.Should().Be(response.VersionUpdateTimeMs);
    }

    [Fact]
    public async Task Nothing_is_visible_before_everything_is()
    {
        await using var store = new InterposedStore();
        await using var bed = await CreateAsync(store, Small);
        var txnId = await BeginLargeAsync(bed);
        store.AfterEachCommit = async () =>
        {
            var (first, second) = (await bed.VersionAsync(), await bed.VersionAsync(40002, 20002));
            (first?.Version ?? 1).Should().Be(second?.Version ?? 1);
            if ((await bed.InfoAsync(txnId)).Status == TxnStatusPB.TxnStatusCommitted)
            {
                first!.PendingTxnIds.Should().Equal(txnId);
                (await bed.GetAsync(Key.TxnRunning(Instance, Db, txnId))).Should().NotBeNull();
            }
        };
        await bed.CommitAsync(txnId);
    }

    [Fact]
    public async Task Any_server_goes_on_with_what_another_has_left_at_any_step()
    {
        // 1 decides, 6 convert 40 rowsets by 7, 1 makes visible.
        for (var step = 1; step <= 7; step++)
        {
            await using var store = new InterposedStore();
            await using var bed = await CreateAsync(store, Small);
            var txnId = await BeginLargeAsync(bed);
            await DieAfterAsync(bed, store, step, () => bed.CommitAsync(txnId));
            (await bed.InfoAsync(txnId)).Status.Should().Be(TxnStatusPB.TxnStatusCommitted, $"it died after step {step}");

            await bed.RefusesAsync(MetaServiceCode.TxnAlreadyCommited, () => bed.AbortAsync(txnId));
            await bed.RefusesAsync(MetaServiceCode.TxnAlreadyCommited, () => bed.PrecommitAsync(txnId));
            await bed.RefusesAsync(MetaServiceCode.TxnAlreadyCommited, () => bed.CommitAsync(txnId, isTwoPhase: true));
            await bed.RefusesAsync(MetaServiceCode.TxnLabelAlreadyUsed, () => bed.Txns.BeginTxnAsync(BeginRequest()));

            var otherServer = new TxnService(bed.Runner, bed.Time, new TxnOptions { LazyBatchRowsets = 3 });
            (await otherServer.DriveCommittedTxnAsync(Instance, txnId)).Status.Should().Be(TxnStatusPB.TxnStatusVisible);
            await VisibleAsync(bed, txnId, version: 2);
        }
    }

    [Fact]
    public async Task A_second_commit_goes_on_with_the_first()
    {
        await using var store = new InterposedStore();
        await using var bed = await CreateAsync(store, Small);
        var txnId = await BeginLargeAsync(bed);
        await DieAfterAsync(bed, store, 3, () => bed.CommitAsync(txnId));
        (await bed.CommitAsync(txnId)).TxnInfo.Status.Should().Be(TxnStatusPB.TxnStatusVisible);
        await VisibleAsync(bed, txnId, version: 2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task A_commit_that_meets_a_waiting_partition_makes_that_transaction_visible_first(int rowsets)
    {
        await using var store = new InterposedStore();
        await using var bed = await CreateAsync(store, Small);
        var left = await BeginLargeAsync(bed);
        await DieAfterAsync(bed, store, 2, () => bed.CommitAsync(left));
        var txnId = await bed.BeginAsync("l2");
        for (var i = 0; i < rowsets; i++)
        {
            await bed.AddRowsetAsync(txnId, Tablet + i);
        }

        (await bed.CommitAsync(txnId)).Versions.Should().Equal(3);
        (await bed.InfoAsync(left)).Status.Should().Be(TxnStatusPB.TxnStatusVisible);
        (await bed.StatsAsync()).NumRowsets.Should().Be(3);
    }

    [Fact]
    public async Task Several_servers_may_go_on_with_it_at_once()
    {
        for (var round = 0; round < 20; round++)
        {
            await using var store = new InterposedStore();
            await using var bed = await CreateAsync(store, Small);
            var txnId = await BeginLargeAsync(bed);
            await DieAfterAsync(bed, store, 1, () => bed.CommitAsync(txnId));
            await Task.WhenAll(Enumerable.Range(2, 4).Select(batch => Task.Run(() => new TxnService(
                bed.Runner, bed.Time, new TxnOptions { LazyBatchRowsets = batch }).DriveCommittedTxnAsync(Instance, txnId))));
            await VisibleAsync(bed, txnId, version: 2);
        }
    }

    [Fact]
    public async Task A_commit_in_two_phases_may_be_lazy_too()
    {
        await using var bed = await CreateAsync(options: Small);
        var txnId = await BeginLargeAsync(bed);
        await bed.PrecommitAsync(txnId);
        (await bed.CommitAsync(txnId, isTwoPhase: true)).TxnInfo.Status.Should().Be(TxnStatusPB.TxnStatusVisible);
        await VisibleAsync(bed, txnId, version: 2);
    }

    [Fact]
    public async Task A_commit_too_large_for_one_kv_transaction_is_lazy_however_few_rowsets_it_has()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync();
        for (var i = 0; i < 120; i++)
        {
            await bed.AddTabletAsync(Tablet + i);
            await bed.AddRowsetAsync(txnId, Tablet + i, change: r => r.ResourceId = new string('x', 90_000));
        }

        (await bed.CommitAsync(txnId)).Versions.Should().Equal(2);
        (await bed.GetAsync(Key.MetaRowset(Instance, Tablet + 119, 2))).Should().NotBeNull();
    }

    [Fact]
    public async Task A_transaction_load_too_large_for_one_kv_transaction_is_refused()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync();
        for (var i = 0; i < 120; i++)
        {
            await bed.AddTabletAsync(Tablet + i);
            await bed.AddRowsetAsync(txnId, Tablet + i, change: r => r.ResourceId = new string('x', 90_000));
        }

        var request = CommitRequest(txnId);
        request.IsTxnLoad = true;
        request.SubTxnInfos.Add(new SubTxnInfo { SubTxnId = txnId });
        await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.Txns.CommitTxnAsync(request));
    }

    [Fact]
    public async Task The_locks_of_merge_on_write_tables_are_given_back_when_the_commit_is_decided()
    {
        await using var store = new InterposedStore();
        await using var bed = await CreateAsync(store, Small);
        var txnId = await BeginLargeAsync(bed);
        var request = CommitRequest(txnId);
        request.MowTableIds.Add(Table);
        await bed.RefusesAsync(MetaServiceCode.LockExpired, () => bed.Txns.CommitTxnAsync(request));
        await bed.WriteAsync(t =>
        {
            t.Set(Key.DeleteBitmapLock(Instance, Table, Key.AllPartitions), new DeleteBitmapUpdateLockPB { LockId = txnId });
            t.Set(Key.PendingDeleteBitmap(Instance, Tablet + 3), new PendingDeleteBitmapPB());
        });
        await DieAfterAsync(bed, store, 1, () => bed.Txns.CommitTxnAsync(request));
        (await bed.GetAsync(Key.DeleteBitmapLock(Instance, Table, Key.AllPartitions))).Should().BeNull();
        (await bed.GetAsync(Key.PendingDeleteBitmap(Instance, Tablet + 3))).Should().BeNull();
    }

    [Fact]
    public async Task The_rowset_of_a_tablet_that_was_dropped_meanwhile_is_left_out()
    {
        await using var store = new InterposedStore();
        await using var bed = await CreateAsync(store, Small);
        var txnId = await BeginLargeAsync(bed);
        await DieAfterAsync(bed, store, 1, () => bed.CommitAsync(txnId));
        await bed.RemoveTabletAsync(Tablet + 5);
        await bed.Txns.DriveCommittedTxnAsync(Instance, txnId);
        (await bed.GetAsync(Key.MetaRowset(Instance, Tablet + 5, 2))).Should().BeNull();
        (await bed.GetAsync(Key.MetaRowsetTmp(Instance, txnId, Tablet + 5))).Should().BeNull();
        (await bed.GetAsync(Key.MetaRowset(Instance, Tablet + 6, 2))).Should().NotBeNull();
    }

    [Fact]
    public async Task Only_a_committed_transaction_is_driven()
    {
        await using var bed = await CreateAsync();
        var (open, aborted) = (await bed.BeginAsync("l1"), await bed.BeginAsync("l2"));
        await bed.AbortAsync(aborted);
        await bed.RefusesAsync(MetaServiceCode.TxnInvalidStatus, () => bed.Txns.DriveCommittedTxnAsync(Instance, open));
        await bed.RefusesAsync(MetaServiceCode.TxnAlreadyAborted, () => bed.Txns.DriveCommittedTxnAsync(Instance, aborted));
        await bed.RefusesAsync(MetaServiceCode.TxnIdNotFound, () => bed.Txns.DriveCommittedTxnAsync(Instance, 4711));
    }

    /// <summary>A transaction with rowsets in two partitions, one of a table that it did not announce.</summary>
    private static async Task<long> BeginLargeAsync(TxnTestBed bed)
    {
        var txnId = await bed.BeginAsync();
        for (var i = 0; i < Tablets; i++)
        {
            await (i % 4 == 0 ? bed.AddTabletAsync(Tablet + 1000 + i, 40002, 20002) : bed.AddTabletAsync(Tablet + i));
            await (i % 4 == 0 ? bed.AddRowsetAsync(txnId, Tablet + 1000 + i, 40002) : bed.AddRowsetAsync(txnId, Tablet + i));
        }

        // These are in the first partition, too.
        for (var i = 0; i < 20; i += 4)
        {
            await bed.AddTabletAsync(Tablet + i);
        }

        await bed.AddRowsetAsync(txnId);
        return txnId;
    }

    private static async Task VisibleAsync(TxnTestBed bed, long txnId, long version)
    {
        (await bed.InfoAsync(txnId)).Status.Should().Be(TxnStatusPB.TxnStatusVisible);
        foreach (var state in new[] { await bed.VersionAsync(), await bed.VersionAsync(40002, 20002) })
        {
            state!.Version.Should().Be(version);
            state.PendingTxnIds.Should().BeEmpty();
        }

        for (var i = 0; i < Tablets; i++)
        {
            var other = i % 4 == 0;
            var tabletId = Tablet + (other ? 1000 : 0) + i;
            (await bed.GetAsync(Key.MetaRowset(Instance, tabletId, version)))!.TxnId.Should().Be(txnId);
            var stats = await (other ? bed.StatsAsync(tabletId, 40002, 20002) : bed.StatsAsync(tabletId));
            (stats.NumRowsets, stats.NumRows).Should().Be((2, 10), "each rowset is counted once");
        }

        (await bed.GetAsync(Key.MetaRowsetTmp(Instance, txnId, Tablet))).Should().BeNull();
        (await bed.GetAsync(Key.TxnRunning(Instance, Db, txnId))).Should().BeNull();
        (await bed.GetAsync(Key.RecycleTxn(Instance, Db, txnId))).Should().NotBeNull();
    }

    private static async Task DieAfterAsync(TxnTestBed bed, InterposedStore store, int commits, Func<Task> call)
    {
        var left = commits;
        store.AfterEachCommit = () => --left > 0
            ? Task.CompletedTask
            : throw new KvException(KvError.InvalidOperation, "the server dies here");
        await call.Should().ThrowAsync<KvException>();
        store.AfterEachCommit = null;
    }
}
