using MetaService.Storage;

namespace MetaService.UnitTests.Storage.Conformance;

/// <content>What a store tells of writes without being read; a store that others write to as well tells nothing.</content>
public abstract partial class KvStoreConformance
{
    [Theory]
    [InlineData("set")]
    [InlineData("clear")]
    [InlineData("clear range")]
    [InlineData("clear long range")]
    [InlineData("add")]
    [InlineData("stamped value")]
    public async Task A_key_that_was_written_is_not_told_to_be_unwritten(string how)
    {
        await PutAllAsync(["b", .. Enumerable.Range(0, 200).Select(i => $"b{i:D3}")]);
        var before = await PutAsync("before", "1");
        IsUnwritten("b", before!.Value.Version).Should().BeTrue("it was written before");

        var after = await WriteAsync(transaction =>
        {
            switch (how)
            {
                case "set":
                    Set(transaction, "b", "2");
                    break;
                case "clear":
                    Clear(transaction, "b");
                    break;
                case "clear range":
                    ClearRange(transaction, "a", "b000");
                    break;
                case "clear long range":
                    ClearRange(transaction, "a", "c");
                    break;
                case "add":
                    transaction.AtomicAdd(Key("b"), 1);
                    break;
                default:
                    transaction.SetVersionstampedValue(Key("b"), NoStamp, 0);
                    break;
            }
        });

        if (Store.WriteStamps is not null)
        {
            IsUnwritten("b", before.Value.Version).Should().BeFalse();
        }

        IsUnwritten("b", after!.Value.Version).Should().BeTrue("nothing was written since");
    }

    [Fact]
    public async Task A_stamped_key_that_was_written_is_not_told_to_be_unwritten()
    {
        var before = await PutAsync("before", "1");

        var stamp = await WriteAsync(transaction => transaction.SetVersionstampedKey(Key(NoStamp), Prefix.Length, Bytes("1")));

        if (Store.WriteStamps is { } stamps)
        {
            stamps.AreUnwrittenSince(before!.Value.Version, [WriteStamps.PlaceOf(Key(StampBytes(stamp!.Value)))]).Should().BeFalse();
        }
    }

    [Fact]
    public async Task A_write_that_was_refused_leaves_the_others_alone()
    {
        await PutAsync("b", "1");
        using var loser = Store.BeginTransaction();
        await GetAsync(loser, "a");
        var before = await PutAsync("a", "1");
        Set(loser, "b", "2");
        (await loser.CommitAsync()).Error.Should().Be(KvError.Conflict);

        IsUnwritten("b", before!.Value.Version).Should().BeTrue();
    }

    /// <summary>What is kept from a reading is used again while the store says that it may be; it must never be older than a commit known of.</summary>
    [Fact]
    public async Task What_is_unwritten_is_never_older_than_an_acknowledged_commit()
    {
        var acknowledged = 0;
        await PutAsync("n", "0");
        using var done = new CancellationTokenSource();
        var begun = Enumerable.Range(0, 3).Select(_ => new TaskCompletionSource()).ToArray();
        var readers = begun.Select(first => Task.Run(async () =>
        {
            var (kept, version) = (0, -1L);
            for (var last = false; !last;)
            {
                last = done.IsCancellationRequested;
                var least = Volatile.Read(ref acknowledged);
                if (version < 0 || !IsUnwritten("n", version))
                {
                    using var reader = Store.BeginRead();
                    version = await reader.GetReadVersionAsync();
                    kept = int.Parse((await GetAsync(reader, "n"))!, null);
                }

                kept.Should().BeGreaterThanOrEqualTo(Store.WriteStamps is null ? 0 : least);
                first.TrySetResult();
            }
        })).ToArray();
        await Task.WhenAll(begun.Select(first => first.Task));

        for (var n = 1; n <= 200; n++)
        {
            await PutAsync("n", $"{n}");
            Volatile.Write(ref acknowledged, n);
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task A_store_that_is_closed_tells_nothing_to_be_unwritten()
    {
        var before = await PutAsync("a", "1");
        await Store.DisposeAsync();

        if (Store.WriteStamps is not null)
        {
            IsUnwritten("a", before!.Value.Version).Should().BeFalse();
        }

        await ReopenAsync();
    }

    /// <summary>Whether the store says so; one that tells nothing is taken to agree with a test that does not care.</summary>
    private bool IsUnwritten(string key, long since) =>
        Store.WriteStamps?.AreUnwrittenSince(since, [WriteStamps.PlaceOf(Key(key))]) ?? true;
}
