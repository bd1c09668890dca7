using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using MetaService.Storage;

namespace MetaService.UnitTests.Storage;

/// <summary>The retry loop on a store that loses replies and commits, or applies them late: a change happens exactly once.</summary>
public sealed class UnknownOutcomeTests : IDisposable
{
    private const int Runs = 3000;

    private static readonly byte[] Counter = Bytes("counter");

    private readonly InMemoryKvStore _inner = new(TimeProvider.System);
    private FaultyKvStore _store;

    public UnknownOutcomeTests() => _store = new FaultyKvStore(_inner, seed: 0, new FaultRates());

    public void Dispose() => _store.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Theory]
    [InlineData(1, 0.05)]
    [InlineData(2, 0.1)]
    public async Task Increments_by_reading_and_writing_count_exactly_once(int seed, double rate)
    {
        var runner = Runner(seed, FaultRates.Each(rate));

        for (var i = 1; i <= Runs; i++)
        {
            (await runner.RunAsync(IncrementAsync)).Should().Be(i, "each increment follows the last one, seed {0}", seed);
        }

        await _store.LandAsync(all: true);
        (await NumberAsync(Counter)).Should().Be(Runs);
        EveryFaultShouldHaveHappened();
    }

    [Fact]
    public async Task Blind_additions_count_exactly_once()
    {
        var runner = Runner(seed: 3, FaultRates.Each(0.1));

        for (var i = 1; i <= Runs; i++)
        {
            await runner.RunAsync((transaction, _) =>
            {
                transaction.AtomicAdd(Counter, 1);
                return ValueTask.FromResult(0);
            });
            (await NumberAsync(Counter)).Should().Be(i, "no conflict of its own keeps an addition from applying twice");
        }

        await _store.LandAsync(all: true);
        (await NumberAsync(Counter)).Should().Be(Runs, "no commit lands after its call has ended");
        EveryFaultShouldHaveHappened();
    }

    [Fact]
    public async Task A_create_does_not_find_its_own_earlier_attempt()
    {
        var runner = Runner(seed: 4, FaultRates.Each(0.1));

        for (var i = 0; i < Runs; i++)
        {
            var key = Bytes($"name {i}");
            (await runner.RunAsync((transaction, cancellation) => CreateAsync(transaction, key, cancellation)))
                .Should().BeTrue("nobody else has created {0}", i);
            (await runner.RunAsync((transaction, cancellation) => CreateAsync(transaction, key, cancellation)))
                .Should().BeFalse("{0} exists now", i);
        }

        EveryFaultShouldHaveHappened();
    }

    [Fact]
    public async Task The_versionstamp_of_a_resolved_commit_is_the_one_that_was_written()
    {
        var runner = Runner(seed: 5, new FaultRates { UnknownApplied = 0.3, UnknownAppliedLater = 0.3 });
        var last = default(Versionstamp);

        for (var i = 0; i < Runs; i++)
        {
            var key = Bytes(string.Create(CultureInfo.InvariantCulture, $"row {i}"));
            var (_, stamp) = await runner.RunStampedAsync((transaction, _) =>
            {
                transaction.SetVersionstampedValue(key, new byte[Versionstamp.Length], 0);
                return ValueTask.FromResult(0);
            });

            stamp.Should().NotBeNull();
            Versionstamp.Read(await StoredAsync(key)).Should().Be(stamp!.Value);
            (stamp.Value > last).Should().BeTrue();
            last = stamp.Value;
        }

        _store.Injected(Fault.UnknownApplied).Should().BeGreaterThan(Runs / 10);
        _store.Late.Applied.Should().BePositive();
    }

    [Theory]
    [InlineData(6)]
    [InlineData(7)]
    public async Task Concurrent_callers_count_exactly_once(int seed)
    {
        const int Tasks = 6;
        const int RunsPerTask = 150;
        var runner = Runner(seed, FaultRates.Each(0.06));
        var total = Bytes("total");

        await Task.WhenAll(Enumerable.Range(0, Tasks).Select(task => Task.Run(async () =>
        {
            for (var i = 0; i < RunsPerTask; i++)
            {
                await runner.RunAsync(async (transaction, cancellation) =>
                {
                    transaction.AtomicAdd(total, 1);
                    return await IncrementAsync(transaction, cancellation);
                });
                await runner.RunAsync((transaction, _) =>
                {
                    transaction.AtomicAdd(total, 1);
                    return ValueTask.FromResult(0);
                });
            }
        })));

        await _store.LandAsync(all: true);
        (await NumberAsync(Counter)).Should().Be(Tasks * RunsPerTask);
        (await NumberAsync(total)).Should().Be(Tasks * RunsPerTask * 2);
        EveryFaultShouldHaveHappened();
    }

    [Fact]
    public async Task A_body_that_throws_writes_nothing()
    {
        var runner = Runner(seed: 8, FaultRates.Each(0.1));
        for (var i = 0; i < 100; i++)
        {
            var call = () => runner.RunAsync<int>((transaction, _) =>
            {
                transaction.AtomicAdd(Counter, 1);
                throw new FormatException("a body's own");
            });
            await call.Should().ThrowAsync<FormatException>();
        }

        await _store.LandAsync(all: true);
        (await StoredAsync(Counter)).Should().BeNull();
    }

    [Fact]
    public async Task A_body_that_only_reads_leaves_no_marker_and_has_no_versionstamp()
    {
        var runner = Runner(seed: 9, new FaultRates());

        var (value, stamp) = await runner.RunStampedAsync((transaction, cancellation) =>
            transaction.GetAsync(Counter, cancellationToken: cancellation));

        value.Should().BeNull();
        stamp.Should().BeNull();
        (await StoredCountAsync()).Should().Be(0);
    }

    [Fact]
    public async Task Markers_are_as_many_as_concurrent_callers_not_as_many_as_commits()
    {
        var runner = Runner(seed: 10, FaultRates.Each(0.1));

        for (var i = 0; i < 300; i++)
        {
            await runner.RunAsync(IncrementAsync);
        }

        (await StoredCountAsync()).Should().Be(2, "there is the counter and one marker");
    }

    [Fact]
    public async Task Readers_are_tried_again()
    {
        var runner = Runner(seed: 11, new FaultRates { TooOld = 0.2, Unavailable = 0.2 });
        await runner.RunAsync(IncrementAsync);

        for (var i = 0; i < 200; i++)
        {
            (await runner.ReadAsync((reader, cancellation) => reader.GetAsync(Counter, cancellationToken: cancellation)))
                .Should().NotBeNull();
        }

        _store.Injected(Fault.TooOld).Should().BeGreaterThan(10);
    }

    private TransactionRunner Runner(int seed, FaultRates rates)
    {
        _store = new FaultyKvStore(_inner, seed, rates);
        return new TransactionRunner(
            _store, TimeProvider.System, new() { Deadline = TimeSpan.FromMinutes(1), MaxBackoff = TimeSpan.Zero });
    }

    private void EveryFaultShouldHaveHappened()
    {
        foreach (var fault in Enum.GetValues<Fault>())
        {
            _store.Injected(fault).Should().BePositive("{0} must have been met", fault);
        }

        _store.Late.Applied.Should().BePositive("some commits land while their outcome is looked for");
        _store.Late.Refused.Should().BePositive("some commits come too late");
    }

    private static async ValueTask<long> IncrementAsync(IKvTransaction transaction, CancellationToken cancellationToken)
    {
        var value = await transaction.GetAsync(Counter, cancellationToken: cancellationToken);
        var next = new byte[8];
        var number = (value is null ? 0 : BinaryPrimitives.ReadInt64LittleEndian(value)) + 1;
        BinaryPrimitives.WriteInt64LittleEndian(next, number);
        transaction.Set(Counter, next);
        return number;
    }

    private static async ValueTask<bool> CreateAsync(IKvTransaction transaction, byte[] key, CancellationToken cancellationToken)
    {
        if (await transaction.GetAsync(key, cancellationToken: cancellationToken) is not null)
        {
            return false;
        }

        transaction.Set(key, key);
        return true;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private async Task<byte[]?> StoredAsync(byte[] key)
    {
        using var reader = _inner.BeginRead();
        return await reader.GetAsync(key);
    }

    private async Task<long> NumberAsync(byte[] key) => BinaryPrimitives.ReadInt64LittleEndian(await StoredAsync(key));

    private async Task<int> StoredCountAsync()
    {
        using var reader = _inner.BeginRead();
        return (await reader.GetRangeAsync(Array.Empty<byte>(), new[] { KvLimits.ReservedFirstByte })).Pairs.Count;
    }
}
