using System.Buffers.Binary;

namespace MetaService.UnitTests.Storage.Conformance;

public abstract partial class KvStoreConformance
{
    private static byte[] Number(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }

    private static long Number(byte[] value)
    {
        value.Should().HaveCount(8);
        return BinaryPrimitives.ReadInt64LittleEndian(value);
    }

    /// <summary>Adds within a transaction that also reads the sum back, and again in one that does not.</summary>
    private async Task AdditionMakesAsync(byte[]? old, long delta, byte[] sum)
    {
        foreach (var key in new[] { "seen", "blind" })
        {
            if (old is not null)
            {
                await WriteAsync(transaction => transaction.Set(Key(key), old));
            }

            using var adder = Store.BeginTransaction();
            adder.AtomicAdd(Key(key), delta);
            if (key == "seen")
            {
                (await adder.GetAsync(Key(key))).Should().Equal(sum);
            }

            await MustCommitAsync(adder);
            (await StoredBytesAsync(key)).Should().Equal(sum);
        }
    }

    [Fact]
    public Task Adding_to_an_absent_key_counts_from_zero() => AdditionMakesAsync(null, 5, Number(5));

    [Fact]
    public Task Adding_zero_to_an_absent_key_writes_zero() => AdditionMakesAsync(null, 0, Number(0));

    [Fact]
    public Task Adding_to_a_number_adds() => AdditionMakesAsync(Number(40), 2, Number(42));

    [Fact]
    public Task A_negative_addition_subtracts() => AdditionMakesAsync(Number(1), -3, Number(-2));

    [Fact]
    public Task Adding_to_an_empty_value_counts_from_zero() => AdditionMakesAsync([], 7, Number(7));

    [Fact]
    public Task Adding_to_a_shorter_value_extends_it_with_zeros() => AdditionMakesAsync([0xFF, 0x01], 1, Number(0x200));

    [Fact]
    public Task Adding_to_a_longer_value_cuts_it() =>
        AdditionMakesAsync([1, 0, 0, 0, 0, 0, 0, 0, 9, 9], 1, [2, 0, 0, 0, 0, 0, 0, 0]);

    [Fact]
    public Task An_addition_wraps_at_the_top() => AdditionMakesAsync(Number(long.MaxValue), 1, Number(long.MinValue));

    [Fact]
    public Task An_addition_wraps_at_the_bottom() => AdditionMakesAsync(Number(long.MinValue), -1, Number(long.MaxValue));

    [Fact]
    public Task An_addition_wraps_through_minus_one() => AdditionMakesAsync(Number(-1), 1, Number(0));

    [Fact]
    public async Task Additions_and_other_writes_of_one_transaction_apply_in_order()
    {
        (string Key, long? Sum)[] expected =
        [
            ("add add", 103), ("set add", 11), ("add set", 10), ("clear add", 1), ("add clear", null), ("range add", 1),
            ("add range", null),
        ];
        await WriteAsync(transaction =>
        {
            foreach (var (key, _) in expected)
            {
                transaction.Set(Key(key), Number(100));
            }
        });

        using var transaction = Store.BeginTransaction();
        transaction.AtomicAdd(Key("add add"), 1);
        transaction.AtomicAdd(Key("add add"), 2);
        transaction.Set(Key("set add"), Number(10));
        transaction.AtomicAdd(Key("set add"), 1);
        transaction.AtomicAdd(Key("add set"), 1);
        transaction.Set(Key("add set"), Number(10));
        transaction.Clear(Key("clear add"));
        transaction.AtomicAdd(Key("clear add"), 1);
        transaction.AtomicAdd(Key("add clear"), 1);
        transaction.Clear(Key("add clear"));
        ClearRange(transaction, "range", "rangf");
        transaction.AtomicAdd(Key("range add"), 1);
        transaction.AtomicAdd(Key("add range"), 1);
        ClearRange(transaction, "add r", "add s");

        foreach (var (key, sum) in expected)
        {
            (await transaction.GetAsync(Key(key), snapshot: true)).Should().Equal(sum is { } number ? Number(number) : null, key);
        }

        await MustCommitAsync(transaction);
        foreach (var (key, sum) in expected)
        {
            (await StoredBytesAsync(key)).Should().Equal(sum is { } number ? Number(number) : null, key);
        }
    }

    [Fact]
    public async Task Concurrent_additions_do_not_conflict_and_none_is_lost()
    {
        using var first = Store.BeginTransaction();
        using var second = Store.BeginTransaction();
        await first.GetReadVersionAsync();
        await second.GetReadVersionAsync();
        first.AtomicAdd(Key("n"), 1);
        second.AtomicAdd(Key("n"), 10);

        await MustCommitAsync(first);
        await MustCommitAsync(second);

        (await StoredBytesAsync("n")).Should().Equal(Number(11));
    }

    [Fact]
    public async Task An_addition_applies_to_the_value_at_commit_not_to_the_one_read_by_snapshot()
    {
        await WriteAsync(transaction => transaction.Set(Key("n"), Number(1)));
        using var adder = Store.BeginTransaction();
        Number((await adder.GetAsync(Key("n"), snapshot: true))!).Should().Be(1);
        adder.AtomicAdd(Key("n"), 1);

        await WriteAsync(transaction => transaction.Set(Key("n"), Number(100)));

        await MustCommitAsync(adder);
        (await StoredBytesAsync("n")).Should().Equal(Number(101));
    }

    [Fact]
    public async Task Additions_of_many_concurrent_transactions_sum_up()
    {
        const int Tasks = 16;
        const int Additions = 25;

        await Task.WhenAll(Enumerable.Range(0, Tasks).Select(task => Task.Run(async () =>
        {
            for (var i = 0; i < Additions; i++)
            {
                await WriteAsync(transaction =>
                {
                    transaction.AtomicAdd(Key("n"), 1);
                    transaction.AtomicAdd(Key($"n{task}"), 1);
                });
            }
        })));

        (await StoredBytesAsync("n")).Should().Equal(Number(Tasks * Additions));
        (await StoredBytesAsync("n7")).Should().Equal(Number(Additions));
    }
}
