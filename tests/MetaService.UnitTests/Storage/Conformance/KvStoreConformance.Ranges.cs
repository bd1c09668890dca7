using MetaService.Storage;

namespace MetaService.UnitTests.Storage.Conformance;

public abstract partial class KvStoreConformance
{
    [Fact]
    public async Task A_range_holds_its_begin_and_not_its_end_in_key_order()
    {
        await PutAllAsync("d", "b", "a", "c");

        using var reader = Store.BeginRead();
        (await GetRangeAsync(reader, "a", "d")).Should().Equal("a=a", "b=b", "c=c");
        (await GetRangeAsync(reader, "aa", "bb")).Should().Equal("b=b");
    }

    [Fact]
    public async Task Keys_are_ordered_by_unsigned_bytes_and_a_prefix_comes_first()
    {
        byte[][] ordered = [[0x00], [0x00, 0x00], [0x01], [0x7F], [0x7F, 0xFF], [0x80], [0x80, 0x00], [0xFE], [0xFE, 0xFF]];
        await WriteAsync(transaction =>
        {
            foreach (var key in ordered.Reverse())
            {
                transaction.Set(Key(key), Array.Empty<byte>());
            }
        });

        using var reader = Store.BeginRead();
        var range = await reader.GetRangeAsync(Prefix, End);

        range.Pairs.Select(pair => Convert.ToHexString(pair.Key))
            .Should().Equal(ordered.Select(key => Convert.ToHexString(Key(key))));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(3, true)]
    [InlineData(5, false)]
    [InlineData(0, false)]
    public async Task A_limit_ends_a_range_read(int limit, bool hasMore)
    {
        string[] keys = ["a", "b", "c", "d"];
        await PutAllAsync(keys);

        using var reader = Store.BeginRead();
        var forward = await reader.GetRangeAsync(Prefix, End, new KvRangeOptions(limit));
        var backward = await reader.GetRangeAsync(Prefix, End, new KvRangeOptions(limit, Reverse: true));

        var expected = limit == 0 ? keys.Length : Math.Min(limit, keys.Length);
        Show(forward).Should().Equal(keys.Take(expected).Select(key => $"{key}={key}"));
        Show(backward).Should().Equal(keys.Reverse().Take(expected).Select(key => $"{key}={key}"));
        forward.HasMore.Should().Be(hasMore);
        backward.HasMore.Should().Be(hasMore);
    }

    [Fact]
    public async Task The_limit_is_ten_thousand_pairs_when_none_is_given()
    {
        await WriteAsync(transaction =>
        {
            for (var i = 0; i <= KvRangeOptions.DefaultLimit; i++)
            {
                Set(transaction, $"{i:D5}", "");
            }
        });

        using var reader = Store.BeginRead();
        var range = await reader.GetRangeAsync(Prefix, End);

        range.Pairs.Should().HaveCount(KvRangeOptions.DefaultLimit);
        range.Pairs[^1].Key.Should().Equal(Key("09999"));
        range.HasMore.Should().BeTrue();
    }

    [Fact]
    public async Task A_range_without_keys_is_empty()
    {
        await PutAllAsync("a", "z");

        using var transaction = Store.BeginTransaction();
        foreach (var reverse in new[] { false, true })
        {
            var range = await transaction.GetRangeAsync(Key("b"), Key("y"), new KvRangeOptions(3, reverse));
            range.Pairs.Should().BeEmpty();
            range.HasMore.Should().BeFalse();
            (await GetRangeAsync(transaction, "a", "a", reverse: reverse)).Should().BeEmpty("the range is empty itself");
        }
    }

    [Fact]
    public async Task A_range_may_end_at_the_end_of_all_keys()
    {
        await PutAllAsync("a");

        using var reader = Store.BeginRead();
        var range = await reader.GetRangeAsync(Prefix, new[] { KvLimits.ReservedFirstByte }, new KvRangeOptions(1, Snapshot: true));

        Show(range).Should().Equal("a=a");
    }

    [Fact]
    public async Task A_range_of_large_values_comes_whole()
    {
        await WriteAsync(transaction =>
        {
            for (var i = 0; i < 40; i++)
            {
                transaction.Set(Key($"{i:D2}"), Enumerable.Repeat((byte)i, 50_000).ToArray());
            }
        });

        using var reader = Store.BeginRead();
        var range = await reader.GetRangeAsync(Prefix, End);

        range.HasMore.Should().BeFalse();
        range.Pairs.Select(pair => (pair.Value.Length, pair.Value[0]))
            .Should().Equal(Enumerable.Range(0, 40).Select(i => (50_000, (byte)i)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Paging_visits_every_key_once(bool reverse)
    {
        var keys = Enumerable.Range(0, 23).Select(i => $"{i:D2}").ToArray();
        await PutAllAsync(keys);
        using var reader = Store.BeginRead();

        List<string> seen = [];
        byte[] begin = Prefix, end = End;
        for (var more = true; more;)
        {
            var page = await reader.GetRangeAsync(begin, end, new KvRangeOptions(5, reverse));
            seen.AddRange(Show(page));
            more = page.HasMore;
            if (more && reverse)
            {
                end = page.Pairs[^1].Key;
            }
            else if (more)
            {
                begin = [.. page.Pairs[^1].Key, 0];
            }
        }

        seen.Should().Equal((reverse ? keys.Reverse() : keys).Select(key => $"{key}={key}"));
    }

    [Fact]
    public async Task A_range_shows_the_transactions_own_writes_among_the_stored_ones()
    {
        await PutAllAsync("b", "c", "d", "e", "f");
        using var transaction = Store.BeginTransaction();

        Set(transaction, "a", "new");
        Set(transaction, "c", "changed");
        Clear(transaction, "d");
        Set(transaction, "d1", "new");
        ClearRange(transaction, "e", "f");
        Set(transaction, "g", "new");

        (await GetRangeAsync(transaction, "a", "z")).Should().Equal("a=new", "b=b", "c=changed", "d1=new", "f=f", "g=new");
        (await GetRangeAsync(transaction, "a", "z", reverse: true))
            .Should().Equal("g=new", "f=f", "d1=new", "c=changed", "b=b", "a=new");
        (await GetRangeAsync(transaction, "c", "f")).Should().Equal("c=changed", "d1=new");
    }

    [Fact]
    public async Task A_limit_counts_the_transactions_own_writes_and_not_what_it_cleared()
    {
        await PutAllAsync("b", "c", "d", "e", "f");
        using var transaction = Store.BeginTransaction();
        Set(transaction, "a", "new");
        ClearRange(transaction, "b", "d");
        Set(transaction, "e1", "new");
        Clear(transaction, "f");

        (await GetRangeAsync(transaction, "a", "z", limit: 2)).Should().Equal("a=new", "d=d");
        (await GetRangeAsync(transaction, "a", "z", limit: 3)).Should().Equal("a=new", "d=d", "e=e");
        (await GetRangeAsync(transaction, "a", "z", limit: 2, reverse: true)).Should().Equal("e1=new", "e=e");
        (await GetRangeAsync(transaction, "a", "z", limit: 3, reverse: true)).Should().Equal("e1=new", "e=e", "d=d");
        (await transaction.GetRangeAsync(Prefix, End, new KvRangeOptions(3))).HasMore.Should().BeTrue("e1 is left");
        (await transaction.GetRangeAsync(Prefix, End, new KvRangeOptions(5))).HasMore.Should().BeFalse("only four are there");
    }

    [Fact]
    public async Task A_range_shows_the_transactions_own_additions()
    {
        await WriteAsync(transaction => transaction.Set(Key("a"), Number(40)));
        using var transaction = Store.BeginTransaction();
        transaction.AtomicAdd(Key("a"), 2);
        transaction.AtomicAdd(Key("b"), 7);

        var range = await transaction.GetRangeAsync(Prefix, End);

        range.Pairs.Select(pair => Number(pair.Value)).Should().Equal(42, 7);
    }

    [Fact]
    public async Task A_snapshot_range_shows_the_transactions_own_writes()
    {
        await PutAllAsync("a", "b");
        using var transaction = Store.BeginTransaction();
        Set(transaction, "a", "changed");
        Clear(transaction, "b");
        Set(transaction, "c", "new");

        (await GetRangeAsync(transaction, "a", "z", snapshot: true)).Should().Equal("a=changed", "c=new");
    }
}
