using System.Collections.Concurrent;
using MetaService.Storage;

namespace MetaService.UnitTests.Storage.Conformance;

public abstract partial class KvStoreConformance
{
    /// <summary>Stamps have room for this many commits in one batch, as in FoundationDB's sixteen bits of batch order.</summary>
    private const int OrderLimit = 1024;

    private static readonly byte[] NoStamp = new byte[Versionstamp.Length];

    private static byte[] StampBytes(Versionstamp stamp)
    {
        var bytes = new byte[Versionstamp.Length];
        stamp.WriteTo(bytes);
        return bytes;
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("before", "")]
    [InlineData("", "after")]
    [InlineData("before", "after")]
    public async Task A_versionstamp_lands_in_the_value_at_its_offset(string before, string after)
    {
        byte[] template = [.. Bytes(before), .. NoStamp, .. Bytes(after)];

        var stamp = await WriteAsync(transaction => transaction.SetVersionstampedValue(Key("a"), template, before.Length));

        stamp.Should().NotBeNull();
        (await StoredBytesAsync("a")).Should().Equal([.. Bytes(before), .. StampBytes(stamp!.Value), .. Bytes(after)]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("after")]
    public async Task A_versionstamp_lands_in_the_key_at_its_offset(string after)
    {
        byte[] template = [.. Prefix, .. NoStamp, .. Bytes(after)];

        var stamp = await WriteAsync(transaction => transaction.SetVersionstampedKey(template, Prefix.Length, Bytes("value")));

        using var reader = Store.BeginRead();
        byte[] key = [.. Prefix, .. StampBytes(stamp!.Value), .. Bytes(after)];
        (await reader.GetRangeAsync(Prefix, End)).Pairs.Should().ContainSingle().Which.Key.Should().Equal(key);
        Text(await reader.GetAsync(key)).Should().Be("value");
    }

    [Fact]
    public async Task All_stamps_of_one_transaction_are_its_commit_stamp()
    {
        var stamp = await WriteAsync(transaction =>
        {
            transaction.SetVersionstampedValue(Key("a"), NoStamp, 0);
            transaction.SetVersionstampedValue(Key("b"), NoStamp, 0);
            transaction.SetVersionstampedKey(Key([(byte)'c', .. NoStamp]), Prefix.Length + 1, Bytes("c"));
            transaction.SetVersionstampedKey(Key([(byte)'d', .. NoStamp]), Prefix.Length + 1, Bytes("d"));
        });

        var bytes = StampBytes(stamp!.Value);
        (await StoredBytesAsync("a")).Should().Equal(bytes);
        (await StoredBytesAsync("b")).Should().Equal(bytes);
        using var reader = Store.BeginRead();
        Text(await reader.GetAsync(Key([(byte)'c', .. bytes]))).Should().Be("c");
        Text(await reader.GetAsync(Key([(byte)'d', .. bytes]))).Should().Be("d");
    }

    [Fact]
    public async Task Versionstamps_of_sequential_commits_strictly_increase()
    {
        var last = default(Versionstamp);
        for (var i = 0; i < 50; i++)
        {
            var returned = await WriteAsync(transaction =>
                transaction.SetVersionstampedKey(Key(NoStamp), Prefix.Length, Bytes($"{i}")));

            returned.Should().NotBeNull();
            (returned!.Value > last).Should().BeTrue($"{returned} follows {last}");
            returned.Value.Version.Should().BePositive();
            returned.Value.Order.Should().BeLessThan(OrderLimit);
            last = returned.Value;
        }

        using var reader = Store.BeginRead();
        (await reader.GetRangeAsync(Prefix, End)).Pairs.Select(pair => Text(pair.Value))
            .Should().Equal(Enumerable.Range(0, 50).Select(i => $"{i}"), "stamped keys are ordered by commit");
    }

    [Fact]
    public async Task Versionstamps_of_concurrent_commits_are_unique_and_written_as_returned()
    {
        const int Tasks = 16;
        const int Commits = 20;
        var returned = new ConcurrentBag<Versionstamp>();

        await Task.WhenAll(Enumerable.Range(0, Tasks).Select(_ => Task.Run(async () =>
        {
            var last = default(Versionstamp);
            for (var i = 0; i < Commits; i++)
            {
                var stamp = await WriteAsync(transaction =>
                    transaction.SetVersionstampedKey(Key(NoStamp), Prefix.Length, ReadOnlyMemory<byte>.Empty));
                (stamp!.Value > last).Should().BeTrue("the earlier commit of this task was complete");
                returned.Add(last = stamp.Value);
            }
        })));

        using var reader = Store.BeginRead();
        var range = await reader.GetRangeAsync(Prefix, End);
        range.Pairs.Select(pair => Versionstamp.Read(pair.Key.AsSpan(Prefix.Length))).Should().Equal(returned.Order());
        returned.Should().OnlyHaveUniqueItems().And.HaveCount(Tasks * Commits);
        returned.Should().OnlyContain(stamp => stamp.Order < OrderLimit);
    }

    [Fact]
    public async Task A_versionstamped_value_cannot_be_read_back_before_the_commit()
    {
        using var transaction = Store.BeginTransaction();
        transaction.SetVersionstampedValue(Key("a"), NoStamp, 0);

        await ShouldRefuseAsync(() => transaction.GetAsync(Key("a")).AsTask(), KvError.InvalidOperation);
        await ShouldRefuseAsync(() => transaction.GetRangeAsync(Prefix, End).AsTask(), KvError.InvalidOperation);
    }

    [Fact]
    public async Task A_versionstamped_value_hides_no_other_key()
    {
        await PutAllAsync("a", "c");
        using var transaction = Store.BeginTransaction();
        transaction.SetVersionstampedValue(Key("b"), NoStamp, 0);

        (await GetAsync(transaction, "a")).Should().Be("a");
        (await GetRangeAsync(transaction, "a", "b")).Should().Equal("a=a");
        (await GetRangeAsync(transaction, "c", "d")).Should().Equal("c=c");
        await MustCommitAsync(transaction);
    }

    [Fact]
    public async Task Of_a_stamped_and_a_plain_write_of_one_key_the_last_wins()
    {
        var stamp = await WriteAsync(transaction =>
        {
            Set(transaction, "plain then stamped", "plain");
            transaction.SetVersionstampedValue(Key("plain then stamped"), NoStamp, 0);
            transaction.SetVersionstampedValue(Key("stamped then plain"), NoStamp, 0);
            Set(transaction, "stamped then plain", "plain");
            transaction.SetVersionstampedValue(Key("stamped then cleared"), NoStamp, 0);
            Clear(transaction, "stamped then cleared");
        });

        (await StoredBytesAsync("plain then stamped")).Should().Equal(StampBytes(stamp!.Value));
        (await StoredAsync("stamped then plain")).Should().Be("plain");
        (await StoredAsync("stamped then cleared")).Should().BeNull();
    }

    [Fact]
    public async Task A_commit_that_failed_stamps_nothing()
    {
        using var loser = Store.BeginTransaction();
        await GetAsync(loser, "a");
        await PutAsync("a", "1");
        loser.SetVersionstampedKey(Key([(byte)'c', .. NoStamp]), Prefix.Length + 1, Bytes("c"));

        (await loser.CommitAsync()).Error.Should().Be(KvError.Conflict);

        (await StoredAsync()).Should().Equal("a=1");
    }

    [Fact]
    public void A_versionstamp_must_fit_at_its_offset()
    {
        using var transaction = Store.BeginTransaction();
        foreach (var offset in (int[])[-1, 1, int.MaxValue])
        {
            ShouldRefuse(
                () => transaction.SetVersionstampedValue(Key("a"), NoStamp, offset), KvError.InvalidOperation, "in the value");
        }

        foreach (var offset in (int[])[-1, Prefix.Length + 1, int.MaxValue])
        {
            ShouldRefuse(
                () => transaction.SetVersionstampedKey(Key(NoStamp), offset, Bytes("a")), KvError.InvalidOperation, "in the key");
        }
    }
}
