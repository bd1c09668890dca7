using System.Text.Json;
using MetaService.Domain.Txns;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;
using MetaService.UnitTests.Domain;
using MetaService.UnitTests.Domain.Txns;
using static MetaService.UnitTests.Maintenance.SoundWorld;

namespace MetaService.UnitTests.Maintenance;

/// <summary>
/// States that a store is in at times and that are right. Most tests of the domain check besides that what they leave behind is
/// sound: see <see cref="TabletWorld.EnsureSound"/> and <see cref="TxnTestBed"/>.
/// </summary>
public sealed class SoundStateTests
{
    [Fact]
    public async Task An_empty_store_is_sound()
    {
        await using var store = new InMemoryKvStore(TimeProvider.System);
        var (defects, summary) = await Verified.RunAsync(store);
        defects.Should().BeEmpty();
        (summary.Keys, summary.Records).Should().Be((0, 0));
    }

    [Fact]
    public async Task A_commit_in_several_steps_is_sound_after_each()
    {
        await using var store = new InterposedStore();
        var options = new TxnOptions { LazyCommitRowsets = 3, LazyBatchRowsets = 2 };
        await using var bed = await TxnTestBed.CreateAsync(store, options);
        var txnId = await bed.BeginAsync();
        for (var i = 0; i < 6; i++)
        {
            await bed.AddTabletAsync(TxnTestBed.Tablet + i, TxnTestBed.Partition + (i % 2));
            await bed.AddRowsetAsync(txnId, TxnTestBed.Tablet + i, TxnTestBed.Partition + (i % 2));
        }

        var before = store.Commits;
        store.AfterEachCommit = () => Verified.ShouldBeSoundAsync(store);
        await bed.CommitAsync(txnId);
        (store.Commits - before).Should().BeGreaterThan(3, "it must have taken several steps");
    }

    [Fact]
    public async Task What_housekeeping_and_cleaning_leave_is_sound()
    {
        var world = await SoundWorld.CreateAsync();
        var housekeeping = new TxnHousekeeping(world.Tablets.Runner, world.Tablets.Time, new TxnOptions());
        world.Tablets.Time.Advance(TimeSpan.FromHours(2));
        (await housekeeping.AbortExpiredAsync(Id)).Should().BePositive();
        await Verified.ShouldBeSoundAsync(world.Tablets.Store);

        await world.Tablets.Expired.ClearAsync(Id, default);
        await world.Tablets.Txns.CleanTxnLabelAsync(
            new CleanTxnLabelRequest { CloudUniqueId = TabletWorld.Node, DbId = Db, Labels = { "aborted", "open" } });
        await Verified.ShouldBeSoundAsync(world.Tablets.Store);

        world.Tablets.Time.Advance(TimeSpan.FromDays(4));
        (await housekeeping.RemoveFinishedAsync(Id)).Should().BePositive();
        await Verified.ShouldBeSoundAsync(world.Tablets.Store);
    }

    [Fact]
    public async Task Versions_that_a_load_did_not_write_to_a_tablet_are_no_defect()
    {
        var world = new TabletWorld();
        await world.CreateAsync(Tablet, Tablet + 1);
        await world.LoadAsync("a", Tablet);
        await world.LoadAsync("b", Tablet + 1);
        (await world.LoadAsync("c", Tablet)).Should().Be(4);
        await Verified.ShouldBeSoundAsync(world.Store);
    }

    [Fact]
    public async Task The_data_of_a_dropped_instance_may_be_reclaimed_piece_by_piece()
    {
        var world = await SoundWorld.CreateAsync();
        world.Alter(Key.Instance(Id), i => i.Status = InstanceInfoPB.Types.Status.Deleted);
        foreach (var range in new[]
        {
            KeySpace.MetaTabletIndex.Range(Id), KeySpace.TxnInfo.Range(Id), KeySpace.PartitionVersion.Range(Id),
            KeySpace.StatsTablet.Range(Id), KeySpace.TxnLabel.Range(Id), KeySpace.MetaSchema.Range(Id),
        })
        {
            world.Tablets.Change(t => t.ClearRange(range));
            await Verified.ShouldBeSoundAsync(world.Tablets.Store);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_tablets_of_a_dropped_index_or_partition_may_be_reclaimed_piece_by_piece(bool isIndex)
    {
        var world = await SoundWorld.CreateAsync();
        await (isIndex ? DropIndexAsync(world) : DropPartitionAsync(world));
        await Verified.ShouldBeSoundAsync(world.Tablets.Store);

        // As other services that share the store do it: rowsets first, then each tablet, in the end statistics and jobs.
        foreach (var tabletId in new[] { Tablet, Tablet + 1 })
        {
            world.Tablets.Change(t => t.ClearRange(KeyRanges.Rowsets(Id, tabletId)));
            await Verified.ShouldBeSoundAsync(world.Tablets.Store);
            world.Tablets.Change(t =>
            {
                t.Clear(Key.MetaTablet(Id, TabletWorld.Idx(tabletId)));
                t.Clear(Key.MetaTabletIndex(Id, tabletId));
            });
            await Verified.ShouldBeSoundAsync(world.Tablets.Store);
        }

        world.Tablets.Change(t => t.ClearRange(KeySpace.StatsTablet.Range(Id, Table, BaseIndex)));
        world.Tablets.Change(t => t.ClearRange(KeySpace.JobTablet.Range(Id, Table, BaseIndex)));
        await Verified.ShouldBeSoundAsync(world.Tablets.Store);
    }

    [Fact]
    public async Task Records_kept_in_versions_are_only_read()
    {
        var world = await SoundWorld.CreateAsync();
        world.Tablets.Change(t =>
        {
            var stamp = new Versionstamp(7, 1);
            t.Set(KeySpace.VersionedPartitionVersion.Encode("nobody", 1, stamp), new byte[] { 8, 1 });
            t.Set(KeySpace.VersionedTabletIndex.Encode("nobody", 1), new byte[] { 40, 9 });
            t.Set(KeySpace.VersionedTableVersion.Encode("nobody", 1, stamp), Array.Empty<byte>());
            t.AtomicAdd(KeySpace.VersionedDataRowsetRefCount.Encode("nobody", 1, "r"), -5);
        });
        await Verified.ShouldBeSoundAsync(world.Tablets.Store);
    }

    [Fact]
    public async Task A_tablet_that_is_being_restored_may_have_rowsets_before_it_is_there()
    {
        var world = await SoundWorld.CreateAsync();
        world.Alter(Key.MetaRowset(Id, 9, 1), r => (r.RowsetId, r.TabletId, r.EndVersion) = (0, 9, 1));
        (await Verified.DefectsAsync(world.Tablets.Store)).Should().ContainSingle();
        world.Alter(Key.RestoreTablet(Id, 9), _ => { });
        await Verified.ShouldBeSoundAsync(world.Tablets.Store);
    }

    [Fact]
    public async Task A_store_in_use_gives_no_false_alarms()
    {
        var world = new TabletWorld();
        await world.CreateAsync(Tablet, Tablet + 1);
        using var end = new CancellationTokenSource();
        var rounds = 0;
        var work = Task.Run(async () =>
        {
            for (; !end.IsCancellationRequested; rounds++)
            {
                await world.LoadAsync($"load{rounds}", Tablet + (rounds % 2));
                var aborted = await world.BeginAsync($"abort{rounds}");
                await world.Txns.AbortTxnAsync(new AbortTxnRequest { CloudUniqueId = TabletWorld.Node, TxnId = aborted });
                await world.Txns.CleanTxnLabelAsync(new CleanTxnLabelRequest { CloudUniqueId = TabletWorld.Node, DbId = Db });
            }
        });
        for (var i = 0; i < 20 || rounds < 20; i++)
        {
            await Verified.ShouldBeSoundAsync(world.Store);
        }

        await end.CancelAsync();
        await work;
    }

    [Fact]
    public async Task What_another_implementation_was_recorded_to_write_is_sound()
    {
        var world = new TabletWorld();
        var applied = 0;
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", "writes.jsonl")))
        {
            // The last compaction replaces rowsets of loads that were not recorded.
            if (line.Contains("\"1:x1:be1\"", StringComparison.Ordinal) && !line.Contains("rsm3", StringComparison.Ordinal))
            {
                world.Change(transaction => Apply(transaction, JsonDocument.Parse(line).RootElement));
                await Verified.ShouldBeSoundAsync(world.Store);
                applied++;
            }
        }

        applied.Should().Be(30);
    }

    private static void Apply(IKvTransaction transaction, JsonElement write)
    {
        foreach (var pair in write.GetProperty("added").EnumerateArray().Concat(write.GetProperty("changed").EnumerateArray()))
        {
            transaction.Set(Hex(pair, "key"), Hex(pair, "value"));

            // Two transactions are recorded from their end on only.
            var isAbort = write.GetProperty("request").GetString() == "http/abort_txn";
            if (isAbort && KeySpace.TxnInfo.TryParse(Hex(pair, "key"), out _))
            {
                var txn = RecordAccess.Parse<TxnInfoPB>(Hex(pair, "value"));
                transaction.Set(Key.TxnIndex(Id, txn.TxnId), new TxnIndexPB { TabletIndex = new() { DbId = txn.DbId } });
                transaction.SetWithCommitStamp(Key.TxnLabel(Id, txn.DbId, txn.Label), new TxnLabelPB { TxnIds = { txn.TxnId } });
            }
        }

        foreach (var pair in write.GetProperty("removed").EnumerateArray())
        {
            transaction.Clear(Hex(pair, "key"));
        }
    }

    private static byte[] Hex(JsonElement pair, string name) => Convert.FromHexString(pair.GetProperty(name).GetString()!);

    private static Task DropIndexAsync(SoundWorld world) => world.Tablets.Indexes.DropIndexAsync(
        new IndexRequest { CloudUniqueId = TabletWorld.Node, IndexIds = { BaseIndex }, TableId = Table, DbId = Db }, default);

    private static Task DropPartitionAsync(SoundWorld world) => world.Tablets.Partitions.DropPartitionAsync(
        new PartitionRequest
        {
            CloudUniqueId = TabletWorld.Node,
            PartitionIds = { Partition },
            IndexIds = { BaseIndex },
            TableId = Table,
            DbId = Db,
        },
        default);
}
