using System.Buffers.Binary;
using CsCheck;
using MetaService.Storage;
using MetaService.Storage.RocksDb;
using MetaService.UnitTests.Storage.Embedded;
using Microsoft.Extensions.Time.Testing;

namespace MetaService.UnitTests.Storage.RocksDb;

public sealed class RocksDbKvStoreTests : IDisposable
{
    private readonly StoreDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Interleaved_transactions_are_serializable()
    {
        await using var store = _directory.Open();
        var conflicts = 0;
        await SerializabilityCheck.GenSteps.SampleAsync(
            async steps => conflicts += (await SerializabilityCheck.RunAsync(store, steps)).Conflicts, iter: 200, threads: 1);
        store.Statistics.Conflicts.Should().Be(conflicts).And.BePositive();
    }

    [Fact]
    public async Task Data_outlives_a_restart_and_versions_go_up()
    {
        // The clock stands still, then goes back: versions must rise all the same.
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        Versionstamp last;
        await using (var store = _directory.Open(time))
        {
            await store.SetAsync("a", "1");
            last = (await store.SetAsync("b", "2")).Versionstamp!.Value;
        }

        var earlier = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(49));
        await using (var store = _directory.Open(earlier))
        {
            using var reader = store.BeginRead();
            (await reader.GetReadVersionAsync()).Should().Be(last.Version);
            (await store.GetAsync("a")).Should().Be("1");
            (await store.GetAsync("b")).Should().Be("2");
            (await store.SetAsync("c", "3")).Versionstamp!.Value.Version.Should().Be(last.Version + 1);
        }
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_kill()
    {
        await using var store = _directory.Open();
        for (var i = 0; i < 20; i++)
        {
            (await store.SetAsync($"key{i}", $"value{i}")).IsCommitted.Should().BeTrue();
        }

        await using var survivor = StoreDirectory.Open(_directory.CopyAsAfterKill("killed"));
        for (var i = 0; i < 20; i++)
        {
            (await survivor.GetAsync($"key{i}")).Should().Be($"value{i}");
        }
    }

    [Fact]
    public async Task Commits_that_wait_together_share_a_sync()
    {
        const int Tasks = 64;
        const int CommitsEach = 100;
        await using var store = _directory.Open();
        var stamps = await Task.WhenAll(Enumerable.Range(0, Tasks).Select(task => Task.Run(async () =>
        {
            var own = new List<Versionstamp>();
            for (var i = 0; i < CommitsEach; i++)
            {
                using var transaction = store.BeginTransaction();
                transaction.AtomicAdd("sum"u8.ToArray(), 1);
                transaction.Set(StoreCalls.Bytes($"{task}/{i}"), Array.Empty<byte>());
                var commit = await transaction.CommitAsync();
                commit.Error.Should().Be(KvError.None);
                own.Add(commit.Versionstamp!.Value);
            }

            return own;
        })));

        var statistics = store.Statistics;
        statistics.Commits.Should().Be(Tasks * CommitsEach);
        statistics.Batches.Should().BeLessThan(statistics.Commits);
        stamps.SelectMany(own => own).Should().OnlyHaveUniqueItems();
        stamps.Should().OnlyContain(own => own.SequenceEqual(own.Order()));
        using var reader = store.BeginRead();
        BinaryPrimitives.ReadInt64LittleEndian(await reader.GetAsync("sum"u8.ToArray())).Should().Be(Tasks * CommitsEach);
        (await reader.GetRangeAsync("0"u8.ToArray(), ":"u8.ToArray())).Pairs.Should().HaveCount(Tasks * CommitsEach);
    }

    [Fact]
    public async Task A_large_range_is_cleared_together_with_what_the_same_batch_wrote()
    {
        await using var store = _directory.Open();
        using (var fill = store.BeginTransaction())
        {
            for (var i = 0; i < 500; i++)
            {
                fill.Set(StoreCalls.Bytes($"k{i:d3}"), "v"u8.ToArray());
            }

            (await fill.CommitAsync()).IsCommitted.Should().BeTrue();
        }

        using var transaction = store.BeginTransaction();
        transaction.Set("k2"u8.ToArray(), "dropped"u8.ToArray());
        transaction.ClearRange("k1"u8.ToArray(), "k4"u8.ToArray());
        transaction.AtomicAdd("k200"u8.ToArray(), 7);
        (await transaction.CommitAsync()).IsCommitted.Should().BeTrue();

        using var reader = store.BeginRead();
        var pairs = (await reader.GetRangeAsync("k"u8.ToArray(), "l"u8.ToArray())).Pairs;
        pairs.Should().HaveCount(100 + 1 + 100);
        BinaryPrimitives.ReadInt64LittleEndian(await reader.GetAsync("k200"u8.ToArray())).Should().Be(7);
    }

    [Fact]
    public async Task A_checkpoint_opens_as_a_store_of_that_moment()
    {
        var copy = _directory.Sibling("copy");
        await using var store = _directory.Open();
        await store.SetAsync("a", "before");
        await store.CheckpointAsync(copy);
        await store.SetAsync("a", "after");

        await using (var opened = StoreDirectory.Open(copy))
        {
            (await opened.GetAsync("a")).Should().Be("before");
            (await opened.SetAsync("a", "elsewhere")).IsCommitted.Should().BeTrue();
        }

        (await store.GetAsync("a")).Should().Be("after");
        await store.Invoking(s => s.CheckpointAsync(copy)).Should().ThrowAsync<IOException>().WithMessage("*not empty*");
    }

    [Fact]
    public async Task Readers_and_writers_that_outlive_the_store_get_an_error()
    {
        var store = _directory.Open();
        await store.SetAsync("a", "1");
        var reader = store.BeginRead();
        var transaction = store.BeginTransaction();
        transaction.Set("b"u8.ToArray(), "2"u8.ToArray());
        await store.DisposeAsync();
        await store.DisposeAsync();

        await ShouldBeUnavailableAsync(async () => await reader.GetAsync("a"u8.ToArray()));
        await ShouldBeUnavailableAsync(async () => await reader.GetRangeAsync("a"u8.ToArray(), "b"u8.ToArray()));
        await ShouldBeUnavailableAsync(() => Task.FromResult(store.BeginRead()));
        await ShouldBeUnavailableAsync(() => store.CheckpointAsync(_directory.Sibling("late")));
        (await transaction.CommitAsync()).Error.Should().Be(KvError.Unavailable);
        reader.Dispose();
        reader.Dispose();
        transaction.Dispose();
    }

    [Fact]
    public async Task Disposing_under_load_keeps_every_acknowledged_commit()
    {
        for (var round = 0; round < 5; round++)
        {
            var store = _directory.Open();
            var prefix = $"round{round}/";
            var workers = Enumerable.Range(0, 8).Select(i => Task.Run(() => WorkUntilClosedAsync(store, prefix, i))).ToList();
            while (store.Statistics.Commits < 50)
            {
                await Task.Delay(1);
            }

            await store.DisposeAsync();
            var acknowledged = await Task.WhenAll(workers);

            await using var reopened = _directory.Open();
            using var reader = reopened.BeginRead();
            var pairs = (await reader.GetRangeAsync(StoreCalls.Bytes(prefix), StoreCalls.Bytes($"round{round}0"))).Pairs;
            pairs.Should().HaveCount(acknowledged.Sum()).And.NotBeEmpty();
        }
    }

    [Fact]
    public async Task A_failed_write_stops_the_store_until_it_is_opened_again()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var store = _directory.Open();
        await store.SetAsync("a", "acknowledged");
        using var reader = store.BeginRead();
        using var late = store.BeginTransaction();
        late.Set("c"u8.ToArray(), "late"u8.ToArray());
        FullDisk.Break(_directory.Database, ".log").Should().BePositive();

        (await store.SetAsync("b", "unknown")).Error.Should().Be(KvError.CommitUnknown);
        (await late.CommitAsync()).Should().Match<KvCommit>(
            commit => commit.Error == KvError.Unavailable && commit.Detail!.Contains("must be restarted"));
        await ShouldBeUnavailableAsync(async () => await reader.GetAsync("a"u8.ToArray()));
        await ShouldBeUnavailableAsync(() => Task.FromResult(store.BeginTransaction()));
        await store.DisposeAsync();

        await using var restarted = _directory.Open();
        (await restarted.GetAsync("a")).Should().Be("acknowledged");
        (await restarted.GetAsync("c")).Should().BeNull();
        (await restarted.SetAsync("d", "1")).IsCommitted.Should().BeTrue();
    }

    [Fact]
    public async Task A_failed_write_answers_all_who_wait_and_none_of_them_with_a_success()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var store = _directory.Open();
        var workers = Enumerable.Range(0, 32).Select(i => Task.Run(() => WorkUntilFailureAsync(store, i))).ToList();
        while (store.Statistics.Commits < 200)
        {
            await Task.Delay(1);
        }

        FullDisk.Break(_directory.Database, ".log").Should().BePositive();
        var ends = await Task.WhenAll(workers);
        ends.Should().OnlyContain(end => end.Error == KvError.CommitUnknown || end.Error == KvError.Unavailable)
            .And.Contain(end => end.Error == KvError.CommitUnknown);
        await store.DisposeAsync();

        await using var restarted = _directory.Open();
        using var reader = restarted.BeginRead();
        for (var i = 0; i < ends.Length; i++)
        {
            var pairs = (await reader.GetRangeAsync(StoreCalls.Bytes($"w{i}/"), StoreCalls.Bytes($"w{i}0"))).Pairs;
            pairs.Count.Should().BeInRange(ends[i].Acknowledged, ends[i].Acknowledged + 1);
        }
    }

    private static async Task<(int Acknowledged, KvError Error)> WorkUntilFailureAsync(RocksDbKvStore store, int worker)
    {
        for (var done = 0; ; done++)
        {
            try
            {
                var commit = await store.SetAsync($"w{worker}/{done}", "x");
                if (!commit.IsCommitted)
                {
                    return (done, commit.Error);
                }
            }
            catch (KvException e)
            {
                return (done, e.Error);
            }
        }
    }

    private static async Task<int> WorkUntilClosedAsync(RocksDbKvStore store, string prefix, int worker)
    {
        for (var done = 0; ; done++)
        {
            try
            {
                using var transaction = store.BeginTransaction();
                await transaction.GetRangeAsync(
                    StoreCalls.Bytes(prefix), "s"u8.ToArray(), new KvRangeOptions(100, Snapshot: true));
                transaction.Set(StoreCalls.Bytes($"{prefix}{worker}/{done}"), "x"u8.ToArray());
                var commit = await transaction.CommitAsync();
                if (!commit.IsCommitted)
                {
                    commit.Error.Should().Be(KvError.Unavailable);
                    return done;
                }
            }
            catch (KvException e) when (e.Error == KvError.Unavailable)
            {
                return done;
            }
        }
    }

    private static async Task ShouldBeUnavailableAsync(Func<Task> call) =>
        (await call.Should().ThrowAsync<KvException>()).Which.Error.Should().Be(KvError.Unavailable);
}
