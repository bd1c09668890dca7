using Google.Protobuf;
using MetaService.Keys;
using MetaService.Records.Cloud;

namespace MetaService.UnitTests.Domain.DeleteBitmaps;

public sealed class DeleteBitmapTests : IAsyncLifetime
{
    private readonly TabletWorld _world = new();

    public Task InitializeAsync() => _world.CreateAsync(50001);

    public Task DisposeAsync()
    {
        _world.EnsureSound();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_load_holds_the_lock_alone_and_compactions_share_theirs()
    {
        await LockAsync(7, -1);
        await LockAsync(7, -1);
        await TabletWorld.Refusal(() => LockAsync(-1, 5), MetaServiceCode.LockConflict);
        await UnlockAsync(7, -1);
        await TabletWorld.Refusal(() => UnlockAsync(7, -1), MetaServiceCode.LockExpired);
        await LockAsync(-1, 5);
        await LockAsync(-1, 6);
        Lock()!.Initiators.Should().Equal(5, 6);
        await TabletWorld.Refusal(() => UnlockAsync(-2, 5), MetaServiceCode.LockExpired);
        await TabletWorld.Refusal(() => UnlockAsync(-1, 9), MetaServiceCode.LockExpired);
        await UnlockAsync(-1, 5);
        Lock()!.Initiators.Should().Equal(6);
        await UnlockAsync(-1, 6);
        Lock().Should().BeNull();
    }

    [Fact]
    public async Task A_lock_goes_over_when_it_expires_or_the_request_is_urgent()
    {
        await LockAsync(7, -1);
        _world.Time.Advance(TimeSpan.FromSeconds(11));
        await LockAsync(8, -1);
        await TabletWorld.Refusal(() => UnlockAsync(7, -1), MetaServiceCode.LockExpired);
        await LockAsync(9, 3, request => request.Urgent = true);
        (Lock()!.LockId, Lock()!.Initiators.Single()).Should().Be((9, 3));
    }

    [Fact]
    public async Task The_holder_learns_how_far_tablets_are_compacted()
    {
        var response = await LockAsync(7, -1, request =>
        {
            request.RequireCompactionStats = true;
            request.TabletIndexes.Add(TabletWorld.Idx());
        });
        response.CumulativePoints.Should().Equal(2);
        response.BaseCompactionCnts.Should().Equal(0);
        response.TabletStates.Should().Equal(1);
        await TabletWorld.Refusal(
            () => LockAsync(7, -1, r =>
            {
                r.RequireCompactionStats = true;
                r.TabletIndexes.Add(TabletWorld.Idx(9));
            }),
            MetaServiceCode.TabletNotFound);
    }

    [Fact]
    public async Task Bitmaps_are_written_under_the_lock_and_read_by_rowset_and_version()
    {
        var large = new byte[200_000];
        Random.Shared.NextBytes(large);
        var update = Update(7, ("r1", 0, 2, [1]), ("r1", 1, 3, large), ("r2", 0, 2, [2]));
        await TabletWorld.Refusal(() => UpdateAsync(update), MetaServiceCode.LockExpired);
        await LockAsync(7, -1);
        await UpdateAsync(update);

        var all = await GetAsync(0, ("r1", 0, 9), ("r2", 0, 9));
        all.RowsetIds.Should().Equal("r1", "r1", "r2");
        all.Versions.Should().Equal(2, 3, 2);
        all.SegmentIds.Should().Equal(0, 1, 0);
        all.SegmentDeleteBitmaps[1].ToByteArray().Should().Equal(large);
        (await GetAsync(0, ("r1", 3, 3))).Versions.Should().Equal(3);
        (await GetAsync(0, ("r1", 4, long.MaxValue))).Versions.Should().BeEmpty();
        var part = await GetAsync(1, ("r1", 0, 9), ("r2", 0, 9));
        part.HasMore.Should().BeTrue();
        part.ReturnedRowsetIds.Should().Equal("r1");

        var remove = new RemoveDeleteBitmapRequest { CloudUniqueId = TabletWorld.Node, TabletId = 50001 };
        remove.RowsetIds.Add("r1");
        remove.BeginVersions.Add(3);
        remove.EndVersions.Add(3);
        await _world.Bitmaps.RemoveDeleteBitmapAsync(remove, default);
        (await GetAsync(0, ("r1", 0, 9))).Versions.Should().Equal(2);
    }

    [Fact]
    public async Task What_a_load_left_behind_is_removed_by_the_next()
    {
        await LockAsync(7, -1);
        await UpdateAsync(Update(7, ("r1", 0, 2, [1])));
        var next = Update(7, ("r2", 0, 3, [2]));
        next.IsExplicitTxn = true;
        next.TxnId = 8;
        await UpdateAsync(next);
        (await GetAsync(0, ("r1", 0, 9), ("r2", 0, 9))).RowsetIds.Should().Equal("r1", "r2");
        await UpdateAsync(Update(7, ("r3", 0, 4, [3])));
        (await GetAsync(0, ("r1", 0, 9), ("r2", 0, 9), ("r3", 0, 9))).RowsetIds.Should().Equal("r3");
        _world.Get(Key.PendingDeleteBitmap("x1", 50001))!.DeleteBitmapKeys.Should().ContainSingle();
    }

    [Fact]
    public async Task An_update_too_large_for_one_transaction_is_written_in_several()
    {
        await LockAsync(-1, 5);
        var bitmaps = Enumerable.Range(0, 20).Select(i => ("r1", (uint)i, 2L, new byte[1_000_000])).ToArray();
        var update = Update(-1, bitmaps);
        update.Initiator = 5;
        await UpdateAsync(update);
        (await GetAsync(0, ("r1", 0, 9))).SegmentIds.Should().HaveCount(20);
        _world.Get(Key.PendingDeleteBitmap("x1", 50001)).Should().BeNull();
    }

    [Fact]
    public async Task Bitmaps_of_a_compacted_tablet_are_expired_for_those_who_do_not_know()
    {
        var key = Key.StatsTablet("x1", TabletWorld.Idx());
        var stats = _world.Get(key)!;
        stats.CumulativeCompactionCnt = 1;
        _world.Put(key, stats);
        var request = new GetDeleteBitmapRequest
        {
            CloudUniqueId = TabletWorld.Node,
            TabletId = 50001,
            Idx = TabletWorld.Idx(),
            CumulativePoint = 2,
        };
        await TabletWorld.Refusal(() => _world.Bitmaps.GetDeleteBitmapAsync(request, default), MetaServiceCode.RowsetsExpired);
        request.CumulativeCompactionCnt = 1;
        await _world.Bitmaps.GetDeleteBitmapAsync(request, default);
    }

    public static TheoryData<string, Action<UpdateDeleteBitmapRequest>> Spoiled => new()
    {
        { "no tablet", r => r.ClearTabletId() },
        { "no table", r => r.ClearTableId() },
        { "no lock", r => r.ClearLockId() },
        { "no initiator", r => r.ClearInitiator() },
        { "uneven", r => r.Versions.Add(3) },
        { "least version", r => r.Versions[0] = long.MinValue },
        { "empty rowset", r => r.RowsetIds[0] = "" },
        { "other store", r => r.StoreVersion = 2 },
        { "list over 100 kB", r =>
            {
                for (var i = 0u; i < 2000; i++)
                {
                    r.RowsetIds.Add("r1");
                    r.SegmentIds.Add(i);
                    r.Versions.Add(2);
                    r.SegmentDeleteBitmaps.Add(ByteString.Empty);
                }
            }
        },
    };

    [Theory]
    [MemberData(nameof(Spoiled))]
    public async Task A_malformed_update_is_refused(string what, Action<UpdateDeleteBitmapRequest> spoil)
    {
        await LockAsync(7, -1);
        var update = Update(7, ("r1", 0, 2, [1]));
        spoil(update);
        (await TabletWorld.Refusal(() => UpdateAsync(update), MetaServiceCode.InvalidArgument)).Message.Should().NotBeEmpty(what);
        (await GetAsync(0, ("r1", 0, 9))).Versions.Should().BeEmpty();
    }

    [Fact]
    public async Task Malformed_locks_and_ranges_are_refused()
    {
        await TabletWorld.Refusal(() => LockAsync(7, -1, r => r.Expiration = long.MaxValue), MetaServiceCode.InvalidArgument);
        await TabletWorld.Refusal(() => LockAsync(7, -1, r => r.Expiration = -1), MetaServiceCode.InvalidArgument);
        await TabletWorld.Refusal(() => LockAsync(7, -1, r => r.TableId = long.MinValue), MetaServiceCode.InvalidArgument);
        await TabletWorld.Refusal(() => LockAsync(7, -1, r => r.ClearLockId()), MetaServiceCode.InvalidArgument);
        await TabletWorld.Refusal(() => GetAsync(0, ("r1", 3, 2)), MetaServiceCode.InvalidArgument);
        await TabletWorld.Refusal(() => GetAsync(0, ("r1", long.MinValue, 2)), MetaServiceCode.InvalidArgument);
        await TabletWorld.Refusal(() => GetAsync(0, ("", 0, 2)), MetaServiceCode.InvalidArgument);
    }

    private static UpdateDeleteBitmapRequest Update(
        long lockId, params (string Rowset, uint Segment, long Version, byte[] Bytes)[] bitmaps)
    {
        var request = new UpdateDeleteBitmapRequest
        {
            CloudUniqueId = TabletWorld.Node,
            TableId = 20001,
            TabletId = 50001,
            LockId = lockId,
            Initiator = -1,
        };
        foreach (var bitmap in bitmaps)
        {
            request.RowsetIds.Add(bitmap.Rowset);
            request.SegmentIds.Add(bitmap.Segment);
            request.Versions.Add(bitmap.Version);
            request.SegmentDeleteBitmaps.Add(ByteString.CopyFrom(bitmap.Bytes));
        }

        return request;
    }

    private Task UpdateAsync(UpdateDeleteBitmapRequest request) => _world.Bitmaps.UpdateDeleteBitmapAsync(request, default);

    private Task<GetDeleteBitmapResponse> GetAsync(long threshold, params (string Rowset, long Begin, long End)[] ranges)
    {
        var request = new GetDeleteBitmapRequest
        {
            CloudUniqueId = TabletWorld.Node,
            TabletId = 50001,
            DbmBytesThreshold = threshold,
        };
        foreach (var range in ranges)
        {
            request.RowsetIds.Add(range.Rowset);
            request.BeginVersions.Add(range.Begin);
            request.EndVersions.Add(range.End);
        }

        return _world.Bitmaps.GetDeleteBitmapAsync(request, default);
    }

    private Task<GetDeleteBitmapUpdateLockResponse> LockAsync(
        long lockId, long initiator, Action<GetDeleteBitmapUpdateLockRequest>? change = null)
    {
        var request = new GetDeleteBitmapUpdateLockRequest
        {
            CloudUniqueId = TabletWorld.Node,
            TableId = 20001,
            LockId = lockId,
            Initiator = initiator,
            Expiration = 10,
        };
        change?.Invoke(request);
        return _world.Locks.GetDeleteBitmapUpdateLockAsync(request, default);
    }

    private Task UnlockAsync(long lockId, long initiator) => _world.Locks.RemoveDeleteBitmapUpdateLockAsync(
        new() { CloudUniqueId = TabletWorld.Node, TableId = 20001, LockId = lockId, Initiator = initiator }, default);

    private DeleteBitmapUpdateLockPB? Lock() => _world.Get(Key.DeleteBitmapLock("x1", 20001, Key.AllPartitions));
}
