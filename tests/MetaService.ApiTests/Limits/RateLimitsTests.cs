using MetaService.Server.Limits;
using MetaService.Server.Settings;
using Microsoft.Extensions.Time.Testing;

namespace MetaService.ApiTests.Limits;

/// <summary>Calls per second.</summary>
public sealed class RateLimitsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_second_has_as_many_calls_as_the_limit_says_and_they_come_back_one_by_one()
    {
        var limits = New(qps: 10);
        Taken(limits, "f", "i", 100).Should().Be(10);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Taken(limits, "f", "i", 100).Should().Be(1);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Taken(limits, "f", "i", 100).Should().Be(5);
        _time.Advance(TimeSpan.FromHours(1));
        Taken(limits, "f", "i", 100).Should().Be(10, "more than a second's worth is not saved up");
    }

    [Fact]
    public void Instances_and_endpoints_are_counted_apart()
    {
        var limits = New(qps: 2);
        Taken(limits, "f", "i", 5).Should().Be(2);
        Taken(limits, "f", "j", 5).Should().Be(2);
        Taken(limits, "g", "i", 5).Should().Be(2);
        Taken(limits, "f", "i", 5).Should().Be(0);
    }

    [Fact]
    public void The_limit_of_an_instance_holds_for_all_its_calls_together()
    {
        var limits = New(qps: 100);
        limits.TrySet(new RateLimit(null, "i", 5)).Should().BeTrue();
        (Taken(limits, "f", "i", 3) + Taken(limits, "g", "i", 100)).Should().Be(5);
        Taken(limits, "f", "j", 100).Should().Be(100);
    }

    [Fact]
    public void The_nearest_limit_counts()
    {
        var limits = New(qps: 100);
        limits.TrySet(new RateLimit("f", null, 10));
        limits.TrySet(new RateLimit("f", "i", 20));
        Taken(limits, "f", "i", 1000).Should().Be(20);
        Taken(limits, "f", "j", 1000).Should().Be(10);
        Taken(limits, "g", "i", 1000).Should().Be(100);
        limits.TrySet(new RateLimit(null, null, 1));
        Taken(limits, "g", "j", 1000).Should().Be(1);
    }

    [Fact]
    public void A_limit_may_change_at_any_time_and_be_zero()
    {
        var limits = New(qps: 1_000_000);
        Taken(limits, "f", "i", 1000).Should().Be(1000);
        limits.TrySet(new RateLimit("f", null, 0));
        Taken(limits, "f", "i", 1000).Should().Be(0);
        limits.TrySet(new RateLimit("f", null, 3));
        _time.Advance(TimeSpan.FromSeconds(1));
        Taken(limits, "f", "i", 1000).Should().Be(3);
    }

    [Fact]
    public void The_highest_limit_lets_everything_pass()
    {
        var limits = New(qps: RateLimits.MaxQps);
        Taken(limits, "f", "i", 100_000).Should().Be(100_000);
    }

    [Fact]
    public void Racing_calls_get_no_more_than_the_limit()
    {
        var limits = New(qps: 1000);
        var taken = 0;
        Parallel.For(0, 8, _ =>
        {
            for (var i = 0; i < 1000; i++)
            {
                if (limits.TryTake("f", "i"))
                {
                    Interlocked.Increment(ref taken);
                }
            }
        });
        taken.Should().Be(1000);
    }

    [Fact]
    public void Counts_take_bounded_memory_and_idle_ones_are_forgotten()
    {
        var limits = new RateLimits(new LimitOptions { Qps = 10 }, _time, maxCounts: 128);
        for (var i = 0; i < 10_000; i++)
        {
            limits.TryTake("f", $"i{i}");
            limits.CountsInUse.Should().BeLessThanOrEqualTo(128);
        }

        Taken(limits, "f", "one more", 5).Should().Be(0, "what cannot be counted apart is counted together, and used up");
        _time.Advance(TimeSpan.FromSeconds(2));
        Taken(limits, "f", "again", 100).Should().Be(10);
        limits.CountsInUse.Should().Be(1, "the others have been idle");
    }

    [Fact]
    public void Racing_calls_on_many_instances_get_no_more_than_the_limit_of_each()
    {
        var limits = new RateLimits(new LimitOptions { Qps = 3 }, _time, maxCounts: 4096);
        var taken = new int[500];
        Parallel.For(0, 8, _ =>
        {
            for (var i = 0; i < 10 * taken.Length; i++)
            {
                if (limits.TryTake("f", $"i{i % taken.Length}"))
                {
                    Interlocked.Increment(ref taken[i % taken.Length]);
                }
            }
        });
        taken.Should().OnlyContain(count => count == 3);
    }

    [Fact]
    public void There_are_only_so_many_limits()
    {
        var limits = New(qps: 1);
        for (var i = 0; i < RateLimits.MaxLimits; i++)
        {
            limits.TrySet(new RateLimit(null, $"i{i}", 1)).Should().BeTrue();
        }

        limits.TrySet(new RateLimit(null, "one more", 1)).Should().BeFalse();
        limits.TrySet(new RateLimit(null, "i7", 2)).Should().BeTrue("it is there already");
        limits.TrySet(new RateLimit(null, null, 2)).Should().BeTrue("the default is no further limit");
    }

    private RateLimits New(long qps) => new(new LimitOptions { Qps = qps }, _time);

    private static int Taken(RateLimits limits, string name, string instanceId, int calls) =>
        Enumerable.Range(0, calls).Count(_ => limits.TryTake(name, instanceId));
}
