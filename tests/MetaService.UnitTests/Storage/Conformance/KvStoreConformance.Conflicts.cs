using MetaService.Storage;

namespace MetaService.UnitTests.Storage.Conformance;

public abstract partial class KvStoreConformance
{
    [Fact]
    public Task A_write_to_a_key_that_was_read_conflicts() =>
        ConflictAsync(reader => GetAsync(reader, "b"), writer => Set(writer, "b", "2"));

    [Fact]
    public Task A_write_to_an_absent_key_that_was_read_conflicts() =>
        ConflictAsync(reader => GetAsync(reader, "b1"), writer => Set(writer, "b1", "2"));

    [Fact]
    public Task A_clear_of_a_key_that_was_read_conflicts() =>
        ConflictAsync(reader => GetAsync(reader, "b"), writer => Clear(writer, "b"));

    [Fact]
    public Task A_clear_range_over_a_key_that_was_read_conflicts() =>
        ConflictAsync(reader => GetAsync(reader, "b"), writer => ClearRange(writer, "a", "c"));

    [Fact]
    public Task An_addition_to_a_key_that_was_read_conflicts() =>
        ConflictAsync(reader => GetAsync(reader, "b"), writer => writer.AtomicAdd(Key("b"), 1));

    [Fact]
    public Task Writes_beside_a_key_that_was_read_do_not_conflict() =>
        NoConflictAsync(reader => GetAsync(reader, "b"), writer =>
        {
            Set(writer, "a", "2");
            Set(writer, "b\0", "2");
            ClearRange(writer, "c", "z");
            ClearRange(writer, "a", "b");
        });

    [Fact]
    public Task A_write_in_a_range_that_was_read_conflicts() =>
        ConflictAsync(reader => GetRangeAsync(reader, "a", "d"), writer => Set(writer, "b", "2"));

    [Fact]
    public Task An_insert_into_a_range_that_was_read_conflicts() =>
        ConflictAsync(reader => GetRangeAsync(reader, "a", "d"), writer => Set(writer, "b1", "2"));

    [Fact]
    public Task An_insert_into_a_range_that_was_read_as_empty_conflicts() =>
        ConflictAsync(reader => GetRangeAsync(reader, "p", "q"), writer => Set(writer, "p1", "2"));

    [Fact]
    public Task A_delete_in_a_range_that_was_read_conflicts() =>
        ConflictAsync(reader => GetRangeAsync(reader, "a", "d"), writer => Clear(writer, "b"));

    [Fact]
    public Task A_clear_range_that_overlaps_a_range_that_was_read_conflicts() =>
        ConflictAsync(reader => GetRangeAsync(reader, "b", "d"), writer => ClearRange(writer, "c", "z"));

    [Fact]
    public Task A_versionstamped_key_in_a_range_that_was_read_conflicts() =>
        ConflictAsync(
            reader => GetRangeAsync(reader, "p", "q"),
            writer => writer.SetVersionstampedKey(Key("p0123456789"), Prefix.Length + 1, Bytes("2")));

    [Fact]
    public Task Writes_beside_a_range_that_was_read_do_not_conflict() =>
        NoConflictAsync(reader => GetRangeAsync(reader, "b", "d"), writer =>
        {
            Set(writer, "a", "2");
            Set(writer, "d", "2");
            ClearRange(writer, "d", "z");
            ClearRange(writer, "a", "b");
        });

    [Theory]
    [InlineData("b", true)]
    [InlineData("a1", true)]
    [InlineData("c", false)]
    [InlineData("b1", false)]
    public Task A_limited_range_read_conflicts_only_in_the_extent_read(string written, bool conflicts) =>
        RaceAsync(reader => GetRangeAsync(reader, "a", "z", limit: 2), writer => Set(writer, written, "2"), conflicts);

    [Theory]
    [InlineData("d", true)]
    [InlineData("e1", true)]
    [InlineData("c1", false)]
    [InlineData("c", false)]
    public Task A_limited_reverse_range_read_conflicts_only_in_the_extent_read(string written, bool conflicts) =>
        RaceAsync(
            reader => GetRangeAsync(reader, "a", "z", limit: 2, reverse: true), writer => Set(writer, written, "2"), conflicts);

    [Fact]
    public Task A_range_read_that_its_limit_did_not_end_conflicts_up_to_its_end() =>
        ConflictAsync(reader => GetRangeAsync(reader, "a", "z", limit: 6), writer => Set(writer, "y", "2"));

    [Fact]
    public Task A_key_read_after_a_blind_addition_conflicts() =>
        ConflictAsync(
            async reader =>
            {
                reader.AtomicAdd(Key("n"), 1);
                await reader.GetAsync(Key("n"));
            },
            writer => writer.AtomicAdd(Key("n"), 1));

    [Fact]
    public Task A_snapshot_read_of_a_key_does_not_conflict() =>
        NoConflictAsync(reader => GetAsync(reader, "b", snapshot: true), writer => Set(writer, "b", "2"));

    [Fact]
    public Task A_snapshot_read_of_a_range_does_not_conflict() =>
        NoConflictAsync(reader => GetRangeAsync(reader, "a", "d", snapshot: true), writer =>
        {
            Set(writer, "b", "2");
            Set(writer, "b1", "2");
            Clear(writer, "c");
        });

    [Fact]
    public Task Blind_writes_of_one_key_do_not_conflict() =>
        NoConflictAsync(
            writer =>
            {
                Set(writer, "b", "first");
                Clear(writer, "c");
                ClearRange(writer, "d", "f");
                return Task.CompletedTask;
            },
            rival =>
            {
                Set(rival, "b", "2");
                Set(rival, "c", "2");
                Set(rival, "d", "2");
            });

    [Fact]
    public Task A_key_that_was_declared_as_read_conflicts() =>
        ConflictAsync(reader => Declare(() => reader.AddReadConflictKey(Key("b"))), writer => Set(writer, "b", "2"));

    [Fact]
    public Task A_key_that_was_declared_as_read_conflicts_with_a_clear_range() =>
        ConflictAsync(reader => Declare(() => reader.AddReadConflictKey(Key("b"))), writer => ClearRange(writer, "a", "c"));

    [Theory]
    [InlineData("b", true)]
    [InlineData("c1", true)]
    [InlineData("a", false)]
    [InlineData("d", false)]
    public Task A_range_that_was_declared_as_read_conflicts(string written, bool conflicts) =>
        RaceAsync(
            reader => Declare(() => reader.AddReadConflictRange(Key("b"), Key("d"))),
            writer => Set(writer, written, "2"),
            conflicts);

    [Fact]
    public Task An_empty_range_that_was_declared_as_read_does_not_conflict() =>
        NoConflictAsync(reader => Declare(() => reader.AddReadConflictRange(Key("b"), Key("b"))), writer => Set(writer, "b", "2"));

    [Fact]
    public async Task Of_two_updates_of_one_key_only_the_first_to_commit_wins()
    {
        await PutAsync("a", "0");
        using var first = Store.BeginTransaction();
        using var second = Store.BeginTransaction();
        await GetAsync(first, "a");
        await GetAsync(second, "a");
        Set(first, "a", "first");
        Set(second, "a", "second");

        await MustCommitAsync(second);
        var loser = await first.CommitAsync();

        loser.Error.Should().Be(KvError.Conflict);
        loser.IsCommitted.Should().BeFalse();
        loser.Versionstamp.Should().BeNull();
        (await StoredAsync("a")).Should().Be("second");
    }

    [Fact]
    public async Task Write_skew_is_prevented()
    {
        await PutAllAsync("a", "b");
        using var first = Store.BeginTransaction();
        using var second = Store.BeginTransaction();

        // Each takes itself out because it saw that the other one is still there.
        (await GetRangeAsync(first, "a", "c")).Should().HaveCount(2);
        (await GetRangeAsync(second, "a", "c")).Should().HaveCount(2);
        Clear(first, "a");
        Clear(second, "b");

        await MustCommitAsync(first);
        (await second.CommitAsync()).Error.Should().Be(KvError.Conflict);
        (await StoredAsync()).Should().Equal("b=b");
    }

    [Fact]
    public async Task Write_skew_on_single_keys_is_prevented()
    {
        using var first = Store.BeginTransaction();
        using var second = Store.BeginTransaction();
        (await GetAsync(first, "b")).Should().BeNull();
        (await GetAsync(second, "a")).Should().BeNull();
        Set(first, "a", "1");
        Set(second, "b", "1");

        await MustCommitAsync(first);
        (await second.CommitAsync()).Error.Should().Be(KvError.Conflict);
        (await StoredAsync()).Should().Equal("a=1");
    }

    [Fact]
    public async Task A_transaction_that_lost_does_not_make_others_lose()
    {
        using var reader = Store.BeginTransaction();
        await GetAsync(reader, "x");
        await RaceAsync(loser => GetAsync(loser, "b"), writer => Set(writer, "b", "2"), conflicts: true, loserWrites: "x");

        Set(reader, "y", "1");

        await MustCommitAsync(reader);
    }

    private Task ConflictAsync(Func<IKvTransaction, Task> read, Action<IKvTransaction> write) =>
        RaceAsync(read, write, conflicts: true);

    private Task NoConflictAsync(Func<IKvTransaction, Task> read, Action<IKvTransaction> write) =>
        RaceAsync(read, write, conflicts: false);

    /// <summary>
    /// With the keys a to e in the store, lets one transaction read, a second one write and commit, and then the first one commit
    /// a write elsewhere, all or nothing.
    /// </summary>
    private async Task RaceAsync(
        Func<IKvTransaction, Task> read, Action<IKvTransaction> write, bool conflicts, string loserWrites = "other")
    {
        await PutAllAsync("a", "b", "c", "d", "e");
        using var reader = Store.BeginTransaction();
        await reader.GetReadVersionAsync();
        await read(reader);
        await WriteAsync(write);
        Set(reader, loserWrites, "1");
        Set(reader, loserWrites + "2", "1");

        var commit = await reader.CommitAsync();

        commit.Error.Should().Be(conflicts ? KvError.Conflict : KvError.None, commit.Detail);
        (await StoredAsync(loserWrites)).Should().Be(conflicts ? null : "1");
        (await StoredAsync(loserWrites + "2")).Should().Be(conflicts ? null : "1");
    }

    private static Task Declare(Action declaration)
    {
        declaration();
        return Task.CompletedTask;
    }
}
