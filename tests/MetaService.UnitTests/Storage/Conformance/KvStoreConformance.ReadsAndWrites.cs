namespace MetaService.UnitTests.Storage.Conformance;

public abstract partial class KvStoreConformance
{
    [Fact]
    public void The_store_has_a_name() => Store.Kind.Should().NotBeNullOrWhiteSpace();

    [Fact]
    public async Task A_committed_value_is_read_back()
    {
        await PutAsync("a", "1");

        (await StoredAsync("a")).Should().Be("1");
    }

    [Fact]
    public async Task An_absent_key_reads_as_null()
    {
        (await StoredAsync("a")).Should().BeNull();

        using var transaction = Store.BeginTransaction();
        (await GetAsync(transaction, "a")).Should().BeNull();
    }

    [Fact]
    public async Task An_empty_value_is_not_an_absent_one()
    {
        using var transaction = Store.BeginTransaction();
        Set(transaction, "a", "");
        (await GetAsync(transaction, "a")).Should().Be("", "its own empty value is a value");
        await MustCommitAsync(transaction);

        (await StoredAsync("a")).Should().Be("");
        (await StoredAsync()).Should().Equal("a=");
    }

    [Fact]
    public async Task All_byte_values_survive_in_keys_and_values()
    {
        var all = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        await WriteAsync(transaction => transaction.Set(Key(all), all));

        using var reader = Store.BeginRead();
        (await reader.GetAsync(Key(all))).Should().Equal(all);
        (await reader.GetRangeAsync(Prefix, End)).Pairs.Should().ContainSingle().Which.Key.Should().Equal(Key(all));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_transaction_reads_its_own_set(bool overExisting)
    {
        await StartWithAsync("a", overExisting ? "old" : null);
        using var transaction = Store.BeginTransaction();

        Set(transaction, "a", "new");

        (await GetAsync(transaction, "a")).Should().Be("new");
        (await GetAsync(transaction, "a", snapshot: true)).Should().Be("new", "snapshot reads see own writes too");
        await MustCommitAsync(transaction);
        (await StoredAsync("a")).Should().Be("new");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_transaction_reads_its_own_clear(bool overExisting)
    {
        await StartWithAsync("a", overExisting ? "old" : null);
        using var transaction = Store.BeginTransaction();

        Clear(transaction, "a");

        (await GetAsync(transaction, "a")).Should().BeNull();
        (await GetRangeAsync(transaction, "a", "z")).Should().BeEmpty();
        await MustCommitAsync(transaction);
        (await StoredAsync("a")).Should().BeNull();
    }

    [Fact]
    public async Task A_transaction_reads_its_own_clear_range()
    {
        await PutAllAsync("a", "b", "c", "d");
        using var transaction = Store.BeginTransaction();

        ClearRange(transaction, "b", "d");

        (await GetAsync(transaction, "a")).Should().Be("a");
        (await GetAsync(transaction, "b")).Should().BeNull("the begin of the range is in it");
        (await GetAsync(transaction, "c")).Should().BeNull();
        (await GetAsync(transaction, "d")).Should().Be("d", "the end of the range is not in it");
        await MustCommitAsync(transaction);
        (await StoredAsync()).Should().Equal("a=a", "d=d");
    }

    [Fact]
    public async Task A_set_after_a_clear_range_stays_and_one_before_it_does_not()
    {
        await PutAllAsync("a", "b", "c");
        using var transaction = Store.BeginTransaction();

        Set(transaction, "a1", "before");
        ClearRange(transaction, "a", "c");
        Set(transaction, "b", "after");

        (await GetAsync(transaction, "a1")).Should().BeNull();
        (await GetAsync(transaction, "b")).Should().Be("after");
        await MustCommitAsync(transaction);
        (await StoredAsync()).Should().Equal("b=after", "c=c");
    }

    [Fact]
    public async Task Clear_ranges_of_one_transaction_may_overlap_and_touch()
    {
        await PutAllAsync("a", "b", "c", "d", "e", "f", "g");

        await WriteAsync(transaction =>
        {
            ClearRange(transaction, "b", "d");
            ClearRange(transaction, "c", "e");
            ClearRange(transaction, "e", "f");
        });

        (await StoredAsync()).Should().Equal("a=a", "f=f", "g=g");
    }

    [Fact]
    public async Task An_empty_clear_range_clears_nothing()
    {
        await PutAllAsync("a", "b");

        await WriteAsync(transaction => ClearRange(transaction, "a", "a"));

        (await StoredAsync()).Should().Equal("a=a", "b=b");
    }

    [Fact]
    public async Task The_last_write_of_a_key_wins()
    {
        using var transaction = Store.BeginTransaction();
        Set(transaction, "a", "1");
        Set(transaction, "a", "2");
        Set(transaction, "b", "1");
        Clear(transaction, "b");
        Clear(transaction, "c");
        Set(transaction, "c", "3");

        (await GetRangeAsync(transaction, "a", "z")).Should().Equal("a=2", "c=3");
        await MustCommitAsync(transaction);
        (await StoredAsync()).Should().Equal("a=2", "c=3");
    }

    [Fact]
    public async Task Writes_are_invisible_to_others_before_the_commit()
    {
        await PutAsync("a", "old");
        using var transaction = Store.BeginTransaction();
        Set(transaction, "a", "new");
        Set(transaction, "b", "new");

        (await StoredAsync()).Should().Equal("a=old");
        await MustCommitAsync(transaction);
        (await StoredAsync()).Should().Equal("a=new", "b=new");
    }

    [Fact]
    public async Task A_transaction_that_is_disposed_without_a_commit_leaves_nothing()
    {
        await PutAsync("a", "old");

        using (var transaction = Store.BeginTransaction())
        {
            Set(transaction, "a", "new");
            Set(transaction, "b", "new");
            transaction.AtomicAdd(Key("c"), 1);
            (await GetAsync(transaction, "b")).Should().Be("new");
        }

        (await StoredAsync()).Should().Equal("a=old");
    }

    [Fact]
    public async Task The_caller_may_reuse_its_buffers_after_a_write()
    {
        byte[] key = Key("a"), value = Bytes("1");
        using var transaction = Store.BeginTransaction();

        transaction.Set(key, value);
        key[^1] = (byte)'x';
        value[0] = (byte)'x';

        await MustCommitAsync(transaction);
        (await StoredAsync()).Should().Equal("a=1");
    }

    [Fact]
    public async Task The_caller_may_change_what_it_read()
    {
        await PutAsync("a", "1");

        using var transaction = Store.BeginTransaction();
        var value = await transaction.GetAsync(Key("a"));
        value![0] = (byte)'x';
        var pair = (await transaction.GetRangeAsync(Prefix, End)).Pairs[0];
        pair.Key[^1] = (byte)'x';
        pair.Value[0] = (byte)'x';

        (await GetAsync(transaction, "a")).Should().Be("1");
        (await StoredAsync()).Should().Equal("a=1");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Random_writes_and_reads_of_one_transaction_match_the_model(int seed)
    {
        var random = new Random(seed);
        var committed = new SerialModel();
        for (var round = 0; round < 25; round++)
        {
            var state = committed.Copy();
            using var transaction = Store.BeginTransaction();
            for (var i = random.Next(1, 25); i > 0; i--)
            {
                var step = Step.Random(random);
                var expected = step.ExpectedOn(state);
                (await step.RunAsync(transaction, Prefix)).Should().Be(expected, $"seed {seed}, round {round}, {step}");
            }

            if (random.Next(5) > 0)
            {
                await MustCommitAsync(transaction);
                committed = state;
            }

            (await SerialModel.ReadAllAsync(Store, Prefix)).Should().Be(committed.ToString(), $"seed {seed}, round {round}");
        }
    }

    private async Task StartWithAsync(string key, string? value)
    {
        if (value is not null)
        {
            await PutAsync(key, value);
        }
    }
}
