using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using static MetaService.UnitTests.Domain.Txns.TxnTestBed;

namespace MetaService.UnitTests.Domain.Txns;

public class CommitTxnTests
{
    [Fact]
    public async Task A_commit_gives_rowsets_the_next_version_and_counts_them()
    {
        await using var bed = await CreateAsync();
        await bed.AddTabletAsync(50002);
        await bed.AddTabletAsync(50003, partitionId: 40002);
        await bed.AddTabletAsync(50004, partitionId: 40003, tableId: 20002);
        var first = await bed.BeginAsync("l1");
        await bed.AddRowsetAsync(first);
        await bed.CommitAsync(first);

        var txnId = await bed.BeginAsync("l2");
        await bed.AddRowsetAsync(txnId);
        await bed.AddRowsetAsync(txnId, 50002, rows: 20);
        await bed.AddRowsetAsync(txnId, 50003, 40002, rows: 30);
        await bed.AddRowsetAsync(txnId, 50004, 40003, rows: 40);
        bed.Time.Advance(TimeSpan.FromSeconds(3));
        var response = await bed.CommitAsync(txnId);

        response.TableIds.Should().Equal(Table, Table, 20002);
        response.PartitionIds.Should().Equal(Partition, 40002, 40003);
        response.Versions.Should().Equal(3, 2, 2);
        response.VersionUpdateTimeMs.Should().Be(bed.Now);
        response.TxnInfo.Status.Should().Be(TxnStatusPB.TxnStatusVisible);
        response.TxnInfo.CommitTime.Should().Be(bed.Now);
        (await bed.InfoAsync(txnId)).Should().Be(response.TxnInfo);
        (await bed.VersionAsync()).Should().Be(new VersionPB { Version = 3, UpdateTimeMs = bed.Now });
        (await bed.TableVersionAsync()).Should().Be(2);
        (await bed.TableVersionAsync(20002)).Should().Be(1);
        var rowset = await bed.GetAsync(Key.MetaRowset(Instance, 50002, 3));
        (rowset!.StartVersion, rowset.EndVersion, rowset.NumRows).Should().Be((3, 3, 20));
        (await bed.GetAsync(Key.MetaRowsetTmp(Instance, txnId, 50002))).Should().BeNull();
        var stats = await bed.StatsAsync();
        (stats.NumRowsets, stats.NumRows, stats.DataSize, stats.NumSegments).Should().Be((3, 20, 2000, 2));
    }

    [Fact]
    public async Task A_finished_transaction_is_not_running_and_is_noted_for_removal()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync();
        await bed.CommitAsync(txnId);
        (await bed.GetAsync(Key.TxnRunning(Instance, Db, txnId))).Should().BeNull();
        (await bed.GetAsync(Key.RecycleTxn(Instance, Db, txnId)))
            .Should().Be(new RecycleTxnPB { CreationTime = bed.Now, Label = "l1" });
    }

    [Fact]
    public async Task An_empty_rowset_counts_only_as_a_rowset()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync();
        await bed.AddRowsetAsync(txnId, change: r => r.NumSegments = 0);
        await bed.CommitAsync(txnId);
        var stats = await bed.StatsAsync();
        (stats.NumRowsets, stats.NumRows, stats.DataSize, stats.NumSegments).Should().Be((2, 0, 0, 0));
    }

    [Fact]
    public async Task Index_and_segment_sizes_are_counted_when_the_rowset_tells_them_apart()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync();
        await bed.AddRowsetAsync(txnId, change: r => r.IndexDiskSize = 70);
        await bed.CommitAsync(txnId);
        var stats = await bed.StatsAsync();
        (stats.DataSize, stats.IndexSize, stats.SegmentSize).Should().Be((1000, 70, 900));
    }

    [Fact]
    public async Task Rows_of_base_tablets_are_reported_per_table()
    {
        await using var bed = await CreateAsync();
        await bed.AddTabletAsync(50002);
        await bed.AddTabletAsync(50003);
        var txnId = await bed.BeginAsync();
        await bed.AddRowsetAsync(txnId, rows: 10);
        await bed.AddRowsetAsync(txnId, 50002, rows: 20);
        await bed.AddRowsetAsync(txnId, 50003, rows: 40);
        var request = CommitRequest(txnId);
        request.BaseTabletIds.Add([Tablet, 50003]);
        (await bed.Txns.CommitTxnAsync(request)).TableStats
            .Should().Equal(new TableStatsPB { TableId = Table, UpdatedRowCount = 50 });
    }

    [Fact]
    public async Task A_second_commit_answers_like_the_first_and_changes_nothing()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync();
        await bed.AddRowsetAsync(txnId);
        var first = await bed.CommitAsync(txnId);
        var before = await bed.DumpAsync();
        (await bed.CommitAsync(txnId)).TxnInfo.Should().Be(first.TxnInfo);
        (await bed.DumpAsync()).Should().Equal(before);
        await bed.RefusesAsync(MetaServiceCode.TxnAlreadyVisible, () => bed.CommitAsync(txnId, isTwoPhase: true));
    }

    [Fact]
    public async Task A_commit_in_two_phases_needs_the_first()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync();
        await bed.RefusesAsync(MetaServiceCode.TxnInvalidStatus, () => bed.CommitAsync(txnId, isTwoPhase: true));
        await bed.PrecommitAsync(txnId);
        (await bed.CommitAsync(txnId, isTwoPhase: true)).TxnInfo.Status.Should().Be(TxnStatusPB.TxnStatusVisible);
    }

    [Fact]
    public async Task An_unknown_or_aborted_transaction_is_not_committed()
    {
        await using var bed = await CreateAsync();
        await bed.RefusesAsync(MetaServiceCode.TxnIdNotFound, () => bed.CommitAsync(4711));
        await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.CommitAsync(-1));
        await bed.RefusesAsync(
            MetaServiceCode.InvalidArgument, () => bed.Txns.CommitTxnAsync(new CommitTxnRequest { CloudUniqueId = Node }));
        var txnId = await bed.BeginAsync();
        await bed.AddRowsetAsync(txnId);
        await bed.AbortAsync(txnId);
        await bed.RefusesAsync(MetaServiceCode.TxnAlreadyAborted, () => bed.CommitAsync(txnId));
    }

    [Fact]
    public async Task The_database_of_a_commit_is_that_of_the_transaction()
    {
        await using var bed = await CreateAsync();
        var request = CommitRequest(await bed.BeginAsync());
        request.DbId = 666;
        (await bed.Txns.CommitTxnAsync(request)).TxnInfo.DbId.Should().Be(Db);
    }

    [Fact]
    public async Task A_transaction_that_has_timed_out_is_not_committed()
    {
        await using var bed = await CreateAsync();
        var (inTime, late) = (await bed.BeginAsync("l1"), await bed.BeginAsync("l2"));
        bed.Time.Advance(TimeSpan.FromHours(1));
        await bed.CommitAsync(inTime);
        bed.Time.Advance(TimeSpan.FromMilliseconds(1));
        await bed.RefusesAsync(MetaServiceCode.UndefinedErr, () => bed.CommitAsync(late));
    }

    [Fact]
    public async Task A_precommit_gives_a_transaction_more_time()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync(change: i => i.TimeoutMs = 1000);
        await bed.PrecommitAsync(txnId);
        bed.Time.Advance(TimeSpan.FromSeconds(60));
        (await bed.CommitAsync(txnId, isTwoPhase: true)).TxnInfo.Status.Should().Be(TxnStatusPB.TxnStatusVisible);
    }

    [Fact]
    public async Task A_timeout_beyond_the_end_of_time_is_none()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync(change: i => i.TimeoutMs = long.MaxValue);
        bed.Time.Advance(TimeSpan.FromDays(10_000));
        (await bed.CommitAsync(txnId)).TxnInfo.Status.Should().Be(TxnStatusPB.TxnStatusVisible);
    }

    [Fact]
    public async Task A_rowset_of_an_unknown_tablet_refuses_the_commit()
    {
        await using var bed = await CreateAsync();
        var txnId = await bed.BeginAsync();
        await bed.AddRowsetAsync(txnId);
        await bed.AddRowsetAsync(txnId, tabletId: 59999);
        await bed.RefusesAsync(MetaServiceCode.TabletNotFound, () => bed.CommitAsync(txnId));
    }

    [Fact]
    public async Task A_load_into_a_merge_on_write_table_needs_its_lock_and_gives_it_back()
    {
        await using var bed = await CreateAsync();
        await bed.AddTabletAsync(50002, partitionId: 40002, tableId: 20002);
        var txnId = await bed.BeginAsync();
        await bed.AddRowsetAsync(txnId);
        await bed.AddRowsetAsync(txnId, 50002, 40002);
        var request = CommitRequest(txnId);
        request.MowTableIds.Add(Table);
        await bed.RefusesAsync(MetaServiceCode.LockExpired, () => bed.Txns.CommitTxnAsync(request));

        var bedLock = Key.DeleteBitmapLock(Instance, Table, Key.AllPartitions);
        await bed.WriteAsync(t => t.Set(bedLock, new DeleteBitmapUpdateLockPB { LockId = txnId + 1 }));
        await bed.RefusesAsync(MetaServiceCode.LockExpired, () => bed.Txns.CommitTxnAsync(request));

        await bed.WriteAsync(t =>
        {
            t.Set(bedLock, new DeleteBitmapUpdateLockPB { LockId = txnId });
            t.Set(Key.PendingDeleteBitmap(Instance, Tablet), new PendingDeleteBitmapPB());
            t.Set(Key.PendingDeleteBitmap(Instance, 50002), new PendingDeleteBitmapPB());
        });
        await bed.Txns.CommitTxnAsync(request);
        (await bed.GetAsync(bedLock)).Should().BeNull();
        (await bed.GetAsync(Key.PendingDeleteBitmap(Instance, Tablet))).Should().BeNull();
        (await bed.GetAsync(Key.PendingDeleteBitmap(Instance, 50002))).Should().NotBeNull("its table is not merge-on-write");
    }

    [Fact]
    public async Task The_parts_of_a_transaction_load_take_consecutive_versions()
    {
        await using var bed = await CreateAsync();
        await bed.AddTabletAsync(50002, partitionId: 40002);
        await bed.AddTabletAsync(50003, partitionId: 40003, tableId: 20002);
        var txnId = await bed.BeginAsync();
        var second = await BeginPart(bed, txnId, 0);
        var dropped = await BeginPart(bed, txnId, 1);
        var third = await BeginPart(bed, txnId, 2);
        await bed.AddRowsetAsync(txnId, rows: 1);
        await bed.AddRowsetAsync(txnId, 50002, 40002);
        await bed.AddRowsetAsync(second, 50003, 40003);
        await bed.AddRowsetAsync(dropped, rows: 500);
        await bed.AddRowsetAsync(third, rows: 3);
        var request = CommitRequest(txnId);
        request.IsTxnLoad = true;
        request.SubTxnInfos.Add([
            new SubTxnInfo { SubTxnId = txnId, TableId = Table, BaseTabletIds = { Tablet } },
            new SubTxnInfo { SubTxnId = second, TableId = 20002, BaseTabletIds = { 50003 } },
            new SubTxnInfo { SubTxnId = third, TableId = Table, BaseTabletIds = { Tablet } },
        ]);
        var response = await bed.Txns.CommitTxnAsync(request);
        response.PartitionIds.Should().Equal(Partition, 40002, 40003);
        response.Versions.Should().Equal(3, 2, 2);
        response.TableStats.Should().Equal(
            new TableStatsPB { TableId = Table, UpdatedRowCount = 4 },
            new TableStatsPB { TableId = 20002, UpdatedRowCount = 10 });
        (await bed.GetAsync(Key.MetaRowset(Instance, Tablet, 2)))!.NumRows.Should().Be(1);
        (await bed.GetAsync(Key.MetaRowset(Instance, Tablet, 3)))!.NumRows.Should().Be(3);
        (await bed.StatsAsync()).NumRowsets.Should().Be(3);
        (await bed.TableVersionAsync()).Should().Be(1);
    }

    [Fact]
    public async Task A_transaction_load_commits_only_its_own_parts_and_each_once()
    {
        await using var bed = await CreateAsync();
        var (txnId, other) = (await bed.BeginAsync("l1"), await bed.BeginAsync("l2"));
        var request = CommitRequest(txnId);
        request.IsTxnLoad = true;
        request.SubTxnInfos.Add(new SubTxnInfo { SubTxnId = other });
        await bed.RefusesAsync(MetaServiceCode.TxnIdNotFound, () => bed.Txns.CommitTxnAsync(request));
        request.SubTxnInfos[0].SubTxnId = txnId;
        request.SubTxnInfos.Add(request.SubTxnInfos[0].Clone());
        await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.Txns.CommitTxnAsync(request));
        request.SubTxnInfos[1].ClearSubTxnId();
        await bed.RefusesAsync(MetaServiceCode.InvalidArgument, () => bed.Txns.CommitTxnAsync(request));
    }

    private static async Task<long> BeginPart(TxnTestBed bed, long txnId, long known) =>
        (await bed.Txns.BeginSubTxnAsync(new BeginSubTxnRequest
        {
            CloudUniqueId = Node,
            TxnId = txnId,
            SubTxnNum = known,
            DbId = Db,
            Label = $"part{known}",
            TableIds = { Table, 20002 },
        })).SubTxnId;
}
