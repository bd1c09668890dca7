using System.Globalization;

namespace MetaService.UnitTests.Storage.Conformance;

public abstract partial class KvStoreConformance
{
    [Fact]
    public async Task A_reader_sees_one_version()
    {
        await PutAllAsync("a", "b");
        using var reader = Store.BeginRead();
        await reader.GetReadVersionAsync();

        await WriteAsync(transaction =>
        {
            Set(transaction, "a", "later");
            Clear(transaction, "b");
            Set(transaction, "c", "later");
        });

        (await GetAsync(reader, "a")).Should().Be("a");
        (await GetAsync(reader, "c")).Should().BeNull();
        (await GetRangeAsync(reader, "a", "z")).Should().Equal("a=a", "b=b");
        (await GetRangeAsync(reader, "a", "z", reverse: true)).Should().Equal("b=b", "a=a");
        (await StoredAsync()).Should().Equal("a=later", "c=later");
    }

    [Fact]
    public async Task The_first_read_of_a_reader_settles_its_version()
    {
        await PutAllAsync("a", "b");
        using var reader = Store.BeginRead();
        (await GetAsync(reader, "a")).Should().Be("a");

        await PutAsync("b", "later");

        (await GetAsync(reader, "b")).Should().Be("b");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_transaction_sees_one_version(bool snapshot)
    {
        await PutAllAsync("a", "b");
        using var transaction = Store.BeginTransaction();
        await transaction.GetReadVersionAsync();

        await PutAsync("a", "later");
        await PutAsync("c", "later");

        (await GetAsync(transaction, "a", snapshot)).Should().Be("a");
        (await GetAsync(transaction, "c", snapshot)).Should().BeNull();
        (await GetRangeAsync(transaction, "a", "z", snapshot: snapshot)).Should().Equal("a=a", "b=b");
    }

    [Fact]
    public async Task A_commit_is_visible_to_each_transaction_begun_after_its_completion()
    {
        for (var i = 0; i < 100; i++)
        {
            var value = i.ToString(CultureInfo.InvariantCulture);
            var stamp = await PutAsync("a", value);

            using var reader = Store.BeginRead();
            (await GetAsync(reader, "a")).Should().Be(value);
            (await reader.GetReadVersionAsync()).Should().BeGreaterThanOrEqualTo(stamp!.Value.Version);
        }
    }

    [Fact]
    public async Task A_later_commit_has_a_higher_version_than_the_read_version_that_misses_it()
    {
        using var reader = Store.BeginRead();
        var version = await reader.GetReadVersionAsync();

        var stamp = await PutAsync("a", "1");

        version.Should().BeLessThan(stamp!.Value.Version);
        (await GetAsync(reader, "a")).Should().BeNull();
        (await reader.GetReadVersionAsync()).Should().Be(version, "a reader keeps its version");
    }

    [Fact]
    public async Task A_commit_becomes_visible_all_at_once()
    {
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            for (var reads = 0; !done.IsCancellationRequested || reads == 0; reads++)
            {
                using var reader = Store.BeginRead();
                var left = await GetAsync(reader, "left");
                await Task.Yield();
                var right = await GetAsync(reader, "right");
                right.Should().Be(left);
            }
        })).ToArray();

        for (var i = 0; i < 100; i++)
        {
            await WriteAsync(transaction =>
            {
                Set(transaction, "left", $"{i}");
                Set(transaction, "right", $"{i}");
            });
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task A_transaction_without_writes_commits_without_a_versionstamp()
    {
        await PutAsync("a", "1");
        using var transaction = Store.BeginTransaction();
        await GetAsync(transaction, "a");
        transaction.AddReadConflictKey(Key("b"));

        await PutAsync("a", "2");
        await PutAsync("b", "2");

        (await MustCommitAsync(transaction)).Should().BeNull("nothing was written, so nothing can conflict either");
        using var untouched = Store.BeginTransaction();
        (await MustCommitAsync(untouched)).Should().BeNull();
    }

    [Fact]
    public async Task After_the_version_was_raised_every_commit_is_above_it()
    {
        var before = await PutAsync("a", "1");
        // A store that many use is not made to jump; it must see that it is there already.
        var raised = VersionsMayJump ? before!.Value.Version + 1_000_000_000_000 : before!.Value.Version;

        await Store.RaiseVersionAsync(raised);
        var after = await PutAsync("b", "2");
        await Store.RaiseVersionAsync(before.Value.Version);
        var last = await PutAsync("c", "3");

        after!.Value.Version.Should().BeGreaterThan(raised);
        last!.Value.Version.Should().BeGreaterThan(after.Value.Version, "raising it to what has passed changes nothing");
        (await StoredAsync()).Should().Equal("a=1", "b=2", "c=3");
    }
}
