using MetaService.Storage;

namespace MetaService.ReliabilityTests.Clocks;

/// <summary>Clocks of machines are set, by people and by programs, while servers run and while they are stopped.</summary>
public sealed class ClockTests
{
    private const int Seeds = 2;
    private const int Starts = 4;

    [Fact]
    public async Task Versions_and_transaction_ids_rise_whatever_the_clock_does()
    {
        foreach (var seed in Effort.Seeds(Seeds))
        {
            using var directory = new StoreDirectory();
            var walk = new ClockWalk(directory.Open, seed);
            await FluentActions.Awaiting(() => walk.RunAsync(Starts)).Should().NotThrowAsync(Effort.Repeat(seed));
            Figures.Add("transactions under clock steps", walk.Transactions);
        }
    }

    [Theory]
    [InlineData("memory", -5)]
    [InlineData("memory", 5)]
    [InlineData("rocksdb", -5)]
    [InlineData("rocksdb", 5)]
    public async Task A_change_of_the_clock_ends_no_transaction_of_the_store(string kind, int hours)
    {
        using var directory = new StoreDirectory();
        var clock = new SettableClock(DateTimeOffset.UtcNow);
        await using IKvStore store = kind == "memory" ? new InMemoryKvStore(clock) : directory.Open(clock);
        await store.SetAsync("a", "1");
        using var transaction = store.BeginTransaction();
        var read = await transaction.GetAsync(StoreCalls.Bytes("a"));

        clock.Now += TimeSpan.FromHours(hours);
        (await store.SetAsync("other", "1")).IsCommitted.Should().BeTrue();
        transaction.Set(StoreCalls.Bytes("b"), read!);

        (await transaction.CommitAsync()).IsCommitted.Should().BeTrue("its age is measured, not looked up");
        using var late = store.BeginTransaction();
        await late.GetAsync(StoreCalls.Bytes("a"));
        clock.Now -= TimeSpan.FromHours(hours);
        (await store.SetAsync("a", "2")).IsCommitted.Should().BeTrue();
        late.Set(StoreCalls.Bytes("b"), read!);
        (await late.CommitAsync()).Error.Should().Be(KvError.Conflict, "what was written lately is remembered all the same");
    }
}
