using MetaService.Domain.Housekeeping;
using MetaService.Storage;
using Microsoft.Extensions.Time.Testing;

namespace MetaService.UnitTests.Domain.Housekeeping;

public sealed class WorkLeaseTests : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly InMemoryKvStore _store;
    private readonly WorkLease _first;
    private readonly WorkLease _second;

    public WorkLeaseTests()
    {
        _store = new InMemoryKvStore(_time);
        var runner = new TransactionRunner(_store, _time);
        _first = new WorkLease(runner, _time, "work");
        _second = new WorkLease(runner, _time, "work");
    }

    public void Dispose() => _store.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Fact]
    public async Task One_of_two_holds_it_and_prolongs_it()
    {
        (await HoldAsync(_first)).Should().BeTrue();
        (await HoldAsync(_second)).Should().BeFalse();
        _time.Advance(Minute);
        (await HoldAsync(_first)).Should().BeTrue("it has not been taken by another");
        (await HoldAsync(_second)).Should().BeFalse();
    }

    [Fact]
    public async Task The_next_one_gets_it_when_it_has_run_out_or_was_given_up()
    {
        (await HoldAsync(_first)).Should().BeTrue();
        _time.Advance(Minute);
        (await HoldAsync(_second)).Should().BeTrue();
        (await HoldAsync(_first)).Should().BeFalse();
        await _first.ReleaseAsync(CancellationToken.None);
        (await HoldAsync(_first)).Should().BeFalse("nobody gives up what another holds");
        await _second.ReleaseAsync(CancellationToken.None);
        (await HoldAsync(_first)).Should().BeTrue();
    }

    [Fact]
    public async Task A_clock_that_is_set_back_does_not_keep_it_for_a_holder_that_is_gone()
    {
        (await HoldAsync(_first)).Should().BeTrue();
        var store = new TransactionRunner(_store, _time);
        var earlier = new FakeTimeProvider(_time.GetUtcNow().AddHours(-3));
        (await new WorkLease(store, earlier, "work").TryHoldAsync(Minute, CancellationToken.None)).Should().BeTrue();

        (await HoldAsync(_first)).Should().BeTrue("to its clock that lease ran out hours ago");
    }

    [Fact]
    public async Task A_clock_that_is_a_little_behind_does_not_take_it_away()
    {
        (await HoldAsync(_first)).Should().BeTrue();
        var behind = new FakeTimeProvider(_time.GetUtcNow().AddSeconds(-50));

        (await new WorkLease(new TransactionRunner(_store, behind), behind, "work").TryHoldAsync(Minute, CancellationToken.None))
            .Should().BeFalse();
    }

    private static Task<bool> HoldAsync(WorkLease lease) => lease.TryHoldAsync(Minute, CancellationToken.None);
}
