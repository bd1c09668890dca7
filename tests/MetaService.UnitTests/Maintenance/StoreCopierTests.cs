using System.Globalization;
using MetaService.Keys;
using MetaService.Maintenance.Copying;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Own;
using MetaService.Storage;
using StoreContent = MetaService.Maintenance.Copying.StoreContent;

namespace MetaService.UnitTests.Maintenance;

/// <summary>Copies of stores: whole, checked, resumable, and never of two states of the source.</summary>
public sealed class StoreCopierTests : IDisposable
{
    /// <summary>How much to copy: <c>METASERVICE_TEST_COPY_SCALE=50</c> is 10,000 instances and 100,000 tablets.</summary>
    private static readonly int Scale = int.Parse(
        Environment.GetEnvironmentVariable("METASERVICE_TEST_COPY_SCALE") ?? "1", CultureInfo.InvariantCulture);

    private readonly StoreDirectory _directory = new();
    private readonly List<StoreCopyStatus> _reports = [];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_store_copied_from_kind_to_kind_and_back_keeps_every_pair()
    {
        await using var first = StoreDirectory.Open(_directory.Sibling("first"));
        await using var second = StoreDirectory.Open(_directory.Sibling("second"));
        await using var memory = new InMemoryKvStore(TimeProvider.System);
        await using var last = StoreDirectory.Open(_directory.Sibling("last"));
        await StoreFiller.FillAsync(first, instances: 200 * Scale, tablets: 2000 * Scale);

        var toSecond = await CopyAsync(first, second);
        var toMemory = await CopyAsync(second, memory);
        var toLast = await CopyAsync(memory, last);

        toSecond.Pairs.Should().BeGreaterThan((200 * Scale * 2) + (2000 * Scale * 4));
        toSecond.Verified.Should().Be(toSecond.Pairs);
        toMemory.Should().Be(toSecond);
        toLast.Should().Be(toSecond);
        (await PairsAsync(last)).Should().Equal(await PairsAsync(first));
    }

    [Fact]
    public async Task A_copy_that_was_cut_off_goes_on_where_it_was()
    {
        await using var source = new InMemoryKvStore(TimeProvider.System);
        await using var target = new InMemoryKvStore(TimeProvider.System);
        await StoreFiller.FillAsync(source, instances: 300, tablets: 500);
        var whole = await CopyAsync(source, new InMemoryKvStore(TimeProvider.System));

        for (var cuts = 0; cuts < 3; cuts++)
        {
            var batches = 0;
            var cutOff = () => Copier(source, target).CopyAsync(_ =>
            {
                if (batches++ == 2)
                {
                    throw new TimeoutException("cut off");
                }
            });
            await cutOff.Should().ThrowAsync<TimeoutException>();
            (await StoreCopier.IsUnfinishedAsync(Runner(target))).Should().BeTrue();
        }

        _reports.Clear();
        var resumed = await CopyAsync(source, target);

        _reports[0].Pairs.Should().BeInRange(1000, whole.Pairs - 1, "it did not begin anew");
        resumed.Should().Be(whole);
        (await StoreCopier.IsUnfinishedAsync(Runner(target))).Should().BeFalse();
        (await PairsAsync(target)).Should().Equal(await PairsAsync(source));
    }

    [Fact]
    public async Task A_copy_goes_on_only_from_the_state_that_it_began_with()
    {
        await using var source = new InMemoryKvStore(TimeProvider.System);
        await using var target = new InMemoryKvStore(TimeProvider.System);
        await StoreFiller.FillAsync(source, instances: 300, tablets: 0);
        await CutOffAsync(source, target);
        await PutAsync(source, "i1", "changed meanwhile");

        await ShouldRefuseAsync(() => CopyAsync(source, target), "written to since");
        var anew = await CopyAsync(source, target, new StoreCopyOptions(Restart: true));

        anew.Pairs.Should().Be(901);
        (await PairsAsync(target)).Should().Equal(await PairsAsync(source));
    }

    [Fact]
    public async Task A_change_of_the_source_during_the_copy_is_noticed()
    {
        await using var source = new InMemoryKvStore(TimeProvider.System);
        await using var target = new InMemoryKvStore(TimeProvider.System);
        await StoreFiller.FillAsync(source, instances: 300, tablets: 0);
        var batches = 0;

        var copy = () => Copier(source, target).CopyAsync(_ =>
        {
            if (batches++ == 1)
            {
                // Of an instance that has been copied by then.
                PutAsync(source, "i0", "changed meanwhile").GetAwaiter().GetResult();
            }
        });

        await ShouldRefuseAsync(copy, "written to since");
        (await StoreCopier.IsUnfinishedAsync(Runner(target))).Should().BeTrue("such a copy must not be served");
    }

    [Fact]
    public async Task On_a_shared_store_a_change_shows_in_the_markers_of_its_servers()
    {
        await using var source = new SharedStore();
        await StoreFiller.FillAsync(source, instances: 3, tablets: 0);
        var runner = Runner(source);
        var version = await StoreContent.VersionAsync(runner);

        (await StoreContent.HasChangedSinceAsync(runner, version)).Should().BeFalse();
        await PutAsync(source, "i0", "changed");
        (await StoreContent.HasChangedSinceAsync(runner, version)).Should().BeTrue();
    }

    [Fact]
    public async Task On_a_shared_store_a_change_by_others_shows_in_a_second_reading()
    {
        await using var source = new SharedStore();
        await using var target = new InMemoryKvStore(TimeProvider.System);
        await StoreFiller.FillAsync(source, instances: 300, tablets: 0);
        var batches = 0;

        var copy = () => Copier(source, target).CopyAsync(_ =>
        {
            if (batches++ == 1)
            {
                // Without the runner, and so without a marker.
                using var transaction = source.BeginTransaction();
                transaction.SetClear(Key.Instance("i0"), new InstanceInfoPB { Name = "changed meanwhile" });
                transaction.CommitAsync().AsTask().GetAwaiter().GetResult();
            }
        });

        await ShouldRefuseAsync(copy, "the source, read again");
    }

    [Fact]
    public async Task What_was_damaged_in_the_target_is_noticed()
    {
        await using var source = new InMemoryKvStore(TimeProvider.System);
        await using var target = new InMemoryKvStore(TimeProvider.System);
        await StoreFiller.FillAsync(source, instances: 300, tablets: 0);
        var batches = 0;

        var copy = () => Copier(source, target).CopyAsync(_ =>
        {
            if (batches++ == 2)
            {
                PutAsync(target, "i0", "damaged").GetAwaiter().GetResult();
            }
        });

        await ShouldRefuseAsync(copy, "the copy, read again");
    }

    [Fact]
    public async Task A_target_that_is_not_empty_is_left_alone()
    {
        await using var source = new InMemoryKvStore(TimeProvider.System);
        await using var target = new InMemoryKvStore(TimeProvider.System);
        await StoreFiller.FillAsync(source, instances: 2, tablets: 0);
        await PutAsync(target, "mine", "mine");
        var before = await PairsAsync(target);

        await ShouldRefuseAsync(() => CopyAsync(source, target), "not empty");
        await ShouldRefuseAsync(() => CopyAsync(source, target, new StoreCopyOptions(Restart: true)), "not empty");

        (await PairsAsync(target)).Should().Equal(before);
    }

    [Fact]
    public async Task What_servers_note_about_their_own_work_is_not_copied()
    {
        await using var source = new SharedStore();
        await using var target = new InMemoryKvStore(TimeProvider.System);
        await StoreFiller.FillAsync(source, instances: 1, tablets: 0);
        await Runner(source).RunAsync((transaction, _) =>
        {
            transaction.Set(Key.Lease("housekeeping"), new LeasePB { Holder = "somebody" });
            return ValueTask.FromResult(true);
        });

        (await CopyAsync(source, target)).Pairs.Should().Be(4);

        using var reader = target.BeginRead();
        var all = await reader.GetRangeAsync(Array.Empty<byte>(), new[] { KvLimits.ReservedFirstByte });
        all.Pairs.Select(pair => KeySpace.Parse(pair.Key).Definition).Should().Equal(
            KeySpace.Instance, KeySpace.StorageVault, KeySpace.Audit, KeySpace.SecretKeyCheck);
    }

    [Fact]
    public async Task Commits_to_the_copy_are_newer_than_those_of_the_source()
    {
        await using var source = new InMemoryKvStore(TimeProvider.System);
        await using var target = new InMemoryKvStore(TimeProvider.System);
        var ahead = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 1_000_000_000;
        await source.RaiseVersionAsync(ahead);
        await StoreFiller.FillAsync(source, instances: 1, tablets: 0);

        await ShouldRefuseAsync(
            () => CopyAsync(source, target, new StoreCopyOptions(MayRaiseVersion: false)), "--raise-version");
        await CopyAsync(source, target);

        var newer = await PutAsync(target, "new", "new");
        newer.Version.Should().BeGreaterThan(ahead);
    }

    [Fact]
    public void A_checksum_can_be_interrupted_anywhere_and_tells_every_difference()
    {
        KvPair[] pairs = [Pair("a", "1"), Pair("b", ""), Pair("c", "3")];
        var whole = Of(pairs);
        var first = Of(pairs[..2]);
        var resumed = new StoreChecksum(first.State);
        resumed.Add(pairs[2]);

        resumed.ToString().Should().Be(whole.ToString()).And.StartWith("sha256:");
        KvPair[][] others =
        [
            pairs[..2], [.. pairs, Pair("d", "")], [pairs[1], pairs[0], pairs[2]], [Pair("a1", ""), pairs[1], pairs[2]],
            [Pair("a", "1b"), Pair("", ""), pairs[2]],
        ];
        others.Select(other => Of(other).ToString()).Should().OnlyHaveUniqueItems().And.NotContain(whole.ToString());

        static KvPair Pair(string key, string value) => new([.. key.Select(c => (byte)c)], [.. value.Select(c => (byte)c)]);

        static StoreChecksum Of(IEnumerable<KvPair> pairs)
        {
            var checksum = new StoreChecksum();
            foreach (var pair in pairs)
            {
                checksum.Add(pair);
            }

            return checksum;
        }
    }

    private static async Task CutOffAsync(IKvStore source, IKvStore target)
    {
        var batches = 0;
        var cutOff = () => Copier(source, target).CopyAsync(_ =>
        {
            if (batches++ == 1)
            {
                throw new TimeoutException("cut off");
            }
        });
        await cutOff.Should().ThrowAsync<TimeoutException>();
    }

    private Task<StoreCopyStatus> CopyAsync(IKvStore source, IKvStore target, StoreCopyOptions? options = null) =>
        Copier(source, target, options).CopyAsync(_reports.Add);

    private static StoreCopier Copier(IKvStore source, IKvStore target, StoreCopyOptions? options = null) =>
        new(Runner(source), Runner(target), options ?? new StoreCopyOptions());

    private static TransactionRunner Runner(IKvStore store) => new(store, TimeProvider.System);

    private static async Task<Versionstamp> PutAsync(IKvStore store, string instanceId, string name)
    {
        var (_, stamp) = await Runner(store).RunStampedAsync((transaction, _) =>
        {
            transaction.SetClear(Key.Instance(instanceId), new InstanceInfoPB { InstanceId = instanceId, Name = name });
            return ValueTask.FromResult(true);
        });
        return stamp!.Value;
    }

    private static async Task<List<string>> PairsAsync(IKvStore store)
    {
        var pairs = new List<string>();
        await foreach (var page in StoreContent.ReadAsync(Runner(store), []))
        {
            pairs.AddRange(page.Select(pair => $"{Convert.ToHexString(pair.Key)}={Convert.ToHexString(pair.Value)}"));
        }

        return pairs;
    }

    private static async Task ShouldRefuseAsync(Func<Task> copy, string part) =>
        (await copy.Should().ThrowAsync<StoreCopyException>()).Which.Message.Should().Contain(part);

    /// <summary>A store whose commits can be unknown, as one that many servers share; its runner leaves markers.</summary>
    private sealed class SharedStore() : KvStoreDecorator(new InMemoryKvStore(TimeProvider.System))
    {
        public override bool CommitsCanBeUnknown => true;
    }
}
