using MetaService.Storage;

namespace MetaService.UnitTests.Storage.Conformance;

public abstract partial class KvStoreConformance
{
    /// <summary>A key of the test with this length in all.</summary>
    private byte[] LongKey(int length)
    {
        var key = new byte[length];
        Array.Fill(key, (byte)'k');
        Prefix.CopyTo(key, 0);
        return key;
    }

    [Fact]
    public async Task A_key_of_10_000_bytes_is_fine()
    {
        var key = LongKey(MaxKeyBytes);
        await WriteAsync(transaction => transaction.Set(key, Bytes("1")));

        using var transaction = Store.BeginTransaction();
        Text(await transaction.GetAsync(key)).Should().Be("1");
        (await transaction.GetRangeAsync(Prefix, End)).Pairs.Should().ContainSingle().Which.Key.Should().Equal(key);
        transaction.Clear(key);
        transaction.AddReadConflictKey(key);
        await MustCommitAsync(transaction);
        (await StoredAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task A_longer_key_is_refused()
    {
        var key = LongKey(MaxKeyBytes + 1);
        using var transaction = Store.BeginTransaction();
        using var reader = Store.BeginRead();

        await ShouldRefuseAsync(() => transaction.GetAsync(key).AsTask(), KvError.TooLarge, "read");
        await ShouldRefuseAsync(() => reader.GetAsync(key).AsTask(), KvError.TooLarge, "read by a reader");
        await ShouldRefuseAsync(() => transaction.GetRangeAsync(key, End).AsTask(), KvError.TooLarge, "range read");
        ShouldRefuse(() => transaction.Set(key, Bytes("1")), KvError.TooLarge, "set");
        ShouldRefuse(() => transaction.Clear(key), KvError.TooLarge, "clear");
        ShouldRefuse(() => transaction.ClearRange(key, End), KvError.TooLarge, "clear range");
        ShouldRefuse(() => transaction.AtomicAdd(key, 1), KvError.TooLarge, "add");
        ShouldRefuse(() => transaction.SetVersionstampedKey(key, Prefix.Length, Bytes("1")), KvError.TooLarge, "stamped key");
        ShouldRefuse(() => transaction.SetVersionstampedValue(key, NoStamp, 0), KvError.TooLarge, "stamped value");
        ShouldRefuse(() => transaction.AddReadConflictKey(key), KvError.TooLarge, "conflict key");
        ShouldRefuse(() => transaction.AddReadConflictRange(key, End), KvError.TooLarge, "conflict range");
    }

    [Fact]
    public async Task A_value_of_100_000_bytes_is_fine_and_a_longer_one_is_refused()
    {
        var longest = new byte[KvLimits.ValueBytes];
        Random.Shared.NextBytes(longest);
        await WriteAsync(transaction => transaction.Set(Key("a"), longest));
        (await StoredBytesAsync("a")).Should().Equal(longest);

        using var transaction = Store.BeginTransaction();
        byte[] tooLong = [.. longest, 0];
        ShouldRefuse(() => transaction.Set(Key("b"), tooLong), KvError.TooLarge, "set");
        ShouldRefuse(() => transaction.SetVersionstampedValue(Key("b"), tooLong, 0), KvError.TooLarge, "stamped value");
        ShouldRefuse(() => transaction.SetVersionstampedKey(Key(NoStamp), Prefix.Length, tooLong), KvError.TooLarge, "stamped key");
    }

    [Fact]
    public async Task A_transaction_below_10_000_000_bytes_commits_whole()
    {
        await WriteAsync(transaction => SetValues(transaction, 90));

        using var reader = Store.BeginRead();
        (await reader.GetRangeAsync(Prefix, End)).Pairs.Should().HaveCount(90);
    }

    [Fact]
    public Task A_transaction_over_10_000_000_bytes_is_refused_whole() =>
        ShouldBeTooLargeAsync(transaction => SetValues(transaction, 101));

    [Fact]
    public Task Conflict_ranges_count_in_the_size_of_a_transaction() => ShouldBeTooLargeAsync(transaction =>
    {
        Set(transaction, "a", "1");
        for (var i = 0; i < 1100; i++)
        {
            var key = LongKey(MaxKeyBytes);
            BitConverter.TryWriteBytes(key.AsSpan(Prefix.Length), i);
            transaction.AddReadConflictKey(key);
        }
    });

    [Fact]
    public async Task Reserved_keys_are_refused()
    {
        byte[] key = [KvLimits.ReservedFirstByte, (byte)'a'], end = [KvLimits.ReservedFirstByte, (byte)'b'];
        using var transaction = Store.BeginTransaction();
        using var reader = Store.BeginRead();

        await ShouldRefuseAsync(() => transaction.GetAsync(key).AsTask(), KvError.InvalidOperation, "read");
        await ShouldRefuseAsync(() => reader.GetAsync(key).AsTask(), KvError.InvalidOperation, "read by a reader");
        await ShouldRefuseAsync(() => transaction.GetRangeAsync(Prefix, end).AsTask(), KvError.InvalidOperation, "range read");
        ShouldRefuse(() => transaction.Set(key, Bytes("1")), KvError.InvalidOperation, "set");
        ShouldRefuse(() => transaction.Clear(key), KvError.InvalidOperation, "clear");
        ShouldRefuse(() => transaction.ClearRange(key, end), KvError.InvalidOperation, "clear range");
        ShouldRefuse(() => transaction.AtomicAdd(key, 1), KvError.InvalidOperation, "add");
        ShouldRefuse(() => transaction.SetVersionstampedValue(key, NoStamp, 0), KvError.InvalidOperation, "stamped value");
        ShouldRefuse(
            () => transaction.SetVersionstampedKey((byte[])[.. key, .. NoStamp], key.Length, Bytes("1")),
            KvError.InvalidOperation,
            "stamped key");
    }

    [Fact]
    public async Task An_inverted_range_is_refused()
    {
        using var transaction = Store.BeginTransaction();
        using var reader = Store.BeginRead();

        await ShouldRefuseAsync(() => GetRangeAsync(transaction, "b", "a"), KvError.InvalidOperation, "range read");
        await ShouldRefuseAsync(() => GetRangeAsync(reader, "b", "a", reverse: true), KvError.InvalidOperation, "by a reader");
        ShouldRefuse(() => ClearRange(transaction, "b", "a"), KvError.InvalidOperation, "clear range");
        ShouldRefuse(() => transaction.AddReadConflictRange(Key("b"), Key("a")), KvError.InvalidOperation, "conflict range");
    }

    private void SetValues(IKvTransaction transaction, int count)
    {
        var value = new byte[KvLimits.ValueBytes];
        for (var i = 0; i < count; i++)
        {
            transaction.Set(Key($"{i:D3}"), value);
        }
    }

    /// <summary>A store may refuse the call that goes over the limit, or the commit.</summary>
    private async Task ShouldBeTooLargeAsync(Action<IKvTransaction> writes)
    {
        using (var transaction = Store.BeginTransaction())
        {
            KvError error;
            try
            {
                writes(transaction);
                error = (await transaction.CommitAsync()).Error;
            }
            catch (KvException e)
            {
                error = e.Error;
            }

            error.Should().Be(KvError.TooLarge);
        }

        (await StoredAsync()).Should().BeEmpty();
    }
}
