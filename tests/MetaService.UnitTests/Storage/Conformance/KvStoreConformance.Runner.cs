using MetaService.Storage;

namespace MetaService.UnitTests.Storage.Conformance;

public abstract partial class KvStoreConformance
{
    [Fact]
    public async Task The_runner_runs_a_transaction_again_after_a_conflict()
    {
        await PutAsync("a", "1");
        var runs = 0;

        var result = await Runner.RunAsync(async (transaction, _) =>
        {
            var value = await GetAsync(transaction, "a");
            if (runs++ == 0)
            {
                await PutAsync("a", "2");
            }

            Set(transaction, "b", $"saw {value}");
            return value;
        });

        runs.Should().Be(2);
        result.Should().Be("2");
        (await StoredAsync("b")).Should().Be("saw 2");
    }

    [Fact]
    public async Task The_runner_runs_a_transaction_again_when_it_got_too_old()
    {
        await PutAsync("a", "1");
        var runs = 0;

        await Runner.RunAsync(async (transaction, cancellation) =>
        {
            await transaction.GetReadVersionAsync(cancellation);
            if (runs++ == 0)
            {
                await LetTimePassAsync(TooLong);
                await PutAsync("c", "1");
            }

            var value = await GetAsync(transaction, "a");
            Set(transaction, "b", $"{runs}");
            return value;
        });

        runs.Should().Be(2);
        (await StoredAsync("b")).Should().Be("2");
    }

    [Fact]
    public async Task The_runner_returns_the_versionstamp_of_the_commit()
    {
        var (result, stamp) = await Runner.RunStampedAsync((transaction, _) =>
        {
            transaction.SetVersionstampedValue(Key("a"), NoStamp, 0);
            return ValueTask.FromResult("done");
        });

        result.Should().Be("done");
        stamp.Should().NotBeNull();
        (await StoredBytesAsync("a")).Should().Equal(StampBytes(stamp!.Value));
    }

    [Fact]
    public async Task The_runner_returns_no_versionstamp_when_nothing_was_written()
    {
        await PutAsync("a", "1");

        var (value, stamp) = await Runner.RunStampedAsync(async (transaction, _) => await GetAsync(transaction, "a"));

        value.Should().Be("1");
        stamp.Should().BeNull();
    }

    [Fact]
    public async Task The_runner_writes_nothing_when_the_body_throws()
    {
        var runs = 0;

        var call = () => Runner.RunAsync<int>((transaction, _) =>
        {
            runs++;
            Set(transaction, "a", "1");
            throw new FormatException("a body's own");
        });

        (await call.Should().ThrowAsync<FormatException>()).WithMessage("a body's own");
        runs.Should().Be(1);
        (await StoredAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task The_runner_does_not_run_again_what_the_store_refuses_for_good()
    {
        var runs = 0;

        await ShouldRefuseAsync(
            () => Runner.RunAsync((transaction, _) =>
            {
                runs++;
                SetValues(transaction, 101);
                return ValueTask.FromResult(0);
            }),
            KvError.TooLarge);

        runs.Should().Be(1);
        (await StoredAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task The_runner_reads_one_version()
    {
        await PutAllAsync("a", "b");

        var seen = await Runner.ReadAsync(async (reader, _) =>
        {
            var first = await GetAsync(reader, "a");
            await PutAsync("b", "later");
            return $"{first} {await GetAsync(reader, "b")}";
        });

        seen.Should().Be("a b");
    }

    [Fact]
    public async Task The_runner_stops_when_it_is_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var runs = 0;

        var call = () => Runner.RunAsync<int>(
            async (transaction, _) =>
            {
                if (++runs == 3)
                {
                    await cancellation.CancelAsync();
                }

                throw new KvException(KvError.Unavailable, "always");
            },
            cancellation.Token);

        await call.Should().ThrowAsync<OperationCanceledException>();
        runs.Should().Be(3);
    }
}
