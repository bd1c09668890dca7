using MetaService.Server.Limits;
using Microsoft.Extensions.Time.Testing;

namespace MetaService.ApiTests.Limits;

/// <summary>Calls at a time.</summary>
public sealed class AdmissionTests
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task As_many_as_there_are_slots_work_and_the_next_waits_for_its_turn()
    {
        using var admission = New(slots: 2, queue: 5);
        (await admission.EnterAsync(default)).Should().BeTrue();
        (await admission.EnterAsync(default)).Should().BeTrue();
        var waiting = admission.EnterAsync(default);
        waiting.IsCompleted.Should().BeFalse();
        (admission.Working, admission.Waiting).Should().Be((2, 1));

        admission.Leave();
        (admission.Working, admission.Waiting).Should().Be((2, 0), "it works from now on, whenever it runs");
        (await waiting).Should().BeTrue();
        admission.Leave();
        admission.Leave();
        (admission.Working, admission.Waiting).Should().Be((0, 0));
    }

    [Fact]
    public async Task Those_who_wait_enter_in_the_order_in_which_they_came()
    {
        using var admission = New(slots: 1, queue: 10);
        await admission.EnterAsync(default);
        var waiting = Enumerable.Range(0, 10).Select(_ => admission.EnterAsync(default).AsTask()).ToList();
        foreach (var next in waiting)
        {
            admission.Leave();
            await next;
            waiting.Count(w => w.IsCompleted).Should().Be(waiting.IndexOf(next) + 1);
        }
    }

    [Fact]
    public async Task More_than_may_wait_are_refused_at_once()
    {
        using var admission = New(slots: 1, queue: 2);
        await admission.EnterAsync(default);
        var waiting = new[] { admission.EnterAsync(default).AsTask(), admission.EnterAsync(default).AsTask() };
        admission.IsFull.Should().BeTrue();
        for (var i = 0; i < 100; i++)
        {
            var refused = admission.EnterAsync(default);
            refused.IsCompleted.Should().BeTrue();
            (await refused).Should().BeFalse();
        }

        admission.Leave();
        await Task.WhenAny(waiting);
        admission.IsFull.Should().BeFalse();
        admission.EnterAsync(default).AsTask().IsCompleted.Should().BeFalse("there is room to wait again");
    }

    [Fact]
    public async Task A_queue_that_stands_becomes_shorter_and_one_that_has_passed_may_be_long_again()
    {
        using var admission = New(slots: 1, queue: 5, standing: 2);
        await admission.EnterAsync(default);
        var burst = Enumerable.Range(0, 5).Select(_ => admission.EnterAsync(default).AsTask()).ToList();
        burst.Should().OnlyContain(w => !w.IsCompleted, "it is a burst");

        _time.Advance(TimeSpan.FromMilliseconds(251));
        for (var left = 5; left >= 2; left--)
        {
            admission.IsFull.Should().BeTrue($"{left} wait already");
            (await admission.EnterAsync(default)).Should().BeFalse();
            admission.Leave();
            await burst[5 - left];
        }

        admission.IsFull.Should().BeFalse("one waits, and two may");
        var another = admission.EnterAsync(default);
        another.IsCompleted.Should().BeFalse();

        admission.Leave();
        admission.Leave();
        await burst[4];
        await another;
        (admission.Working, admission.Waiting).Should().Be((1, 0));
        Enumerable.Range(0, 5).Select(_ => admission.EnterAsync(default).AsTask()).Count(w => !w.IsCompleted)
            .Should().Be(2, "it is the same overload");
        admission.Leave();
        admission.Leave();
        admission.Leave();
        (admission.Working, admission.Waiting).Should().Be((0, 0));

        _time.Advance(TimeSpan.FromSeconds(5));
        await admission.EnterAsync(default);
        Enumerable.Range(0, 5).Select(_ => admission.EnterAsync(default).AsTask())
            .Should().OnlyContain(w => !w.IsCompleted, "it is a new burst");
    }

    [Fact]
    public async Task Who_has_waited_too_long_or_has_gone_leaves_the_queue()
    {
        using var admission = new Admission(new AdmissionLimits(1, 2, 2, Long, TimeSpan.FromMilliseconds(20)), _time);
        await admission.EnterAsync(default);
        var first = admission.EnterAsync(default).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(15));
        var second = admission.EnterAsync(default).AsTask();
        first.IsCompleted.Should().BeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(6));
        (await first).Should().BeFalse();
        (second.IsCompleted, admission.Working, admission.Waiting).Should().Be((false, 1, 1));
        _time.Advance(TimeSpan.FromMilliseconds(15));
        (await second).Should().BeFalse();
        var third = admission.EnterAsync(default).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(10));
        admission.Leave();
        (await third).Should().BeTrue("its time was not up");
        _time.Advance(TimeSpan.FromMilliseconds(30));
        (admission.Working, admission.Waiting).Should().Be((1, 0));

        using var gone = new CancellationTokenSource();
        using var patient = New(slots: 1, queue: 2);
        await patient.EnterAsync(default);
        var waiting = patient.EnterAsync(gone.Token).AsTask();
        await gone.CancelAsync();
        await waiting.Awaiting(w => w).Should().ThrowAsync<OperationCanceledException>();
        (patient.Working, patient.Waiting).Should().Be((1, 0));
        patient.Leave();
        (await patient.EnterAsync(default)).Should().BeTrue("the one who has gone took no place with him");
    }

    [Fact]
    public async Task However_many_come_and_go_there_are_never_more_than_slots()
    {
        using var admission = New(slots: 3, queue: 1000);
        var (inside, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 20; i++)
            {
                (await admission.EnterAsync(default)).Should().BeTrue();
                var now = Interlocked.Increment(ref inside);
                InterlockedMax(ref most, now);
                await Task.Yield();
                Interlocked.Decrement(ref inside);
                admission.Leave();
            }
        })));
        most.Should().BeInRange(1, 3);
        (admission.Working, admission.Waiting).Should().Be((0, 0));
    }

    /// <summary>
    /// A slot that is handed over in the moment in which its taker gives up must not be lost, nor be there twice.
    /// </summary>
    [Fact]
    public async Task However_many_give_up_waiting_no_slot_is_lost_and_none_is_made()
    {
        using var admission = New(slots: 2, queue: 1000);
        var (inside, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(n => Task.Run(async () =>
        {
            for (var i = 0; i < 40; i++)
            {
                using var gone = new CancellationTokenSource();
                var entering = admission.EnterAsync(gone.Token).AsTask();
                if ((n + i) % 2 == 0)
                {
                    await Task.Yield();
                    await gone.CancelAsync();
                }

                try
                {
                    await entering;
                }
                catch (OperationCanceledException)
                {
                    continue;
                }

                InterlockedMax(ref most, Interlocked.Increment(ref inside));
                await Task.Yield();
                Interlocked.Decrement(ref inside);
                admission.Leave();
            }
        })));
        most.Should().BeInRange(1, 2);
        (admission.Working, admission.Waiting).Should().Be((0, 0));
        (await admission.EnterAsync(default)).Should().BeTrue();
        (await admission.EnterAsync(default)).Should().BeTrue();
        admission.EnterAsync(default).AsTask().IsCompleted.Should().BeFalse("there are two slots");
    }

    [Fact]
    public void Entering_while_there_is_room_takes_no_memory()
    {
        using var admission = New(slots: 1, queue: 1);
        EnterAndLeave(admission, 1000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        EnterAndLeave(admission, 1000);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(1000);
    }

    private Admission New(int slots, int queue, int? standing = null) =>
        new(new AdmissionLimits(slots, queue, standing ?? queue, TimeSpan.FromMilliseconds(250), Long), _time);

    private static void EnterAndLeave(Admission admission, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var entering = admission.EnterAsync(default);
            if (entering is { IsCompletedSuccessfully: true, Result: true })
            {
                admission.Leave();
            }
        }
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen;)
        {
            var before = Interlocked.CompareExchange(ref most, value, seen);
            seen = before == seen ? value : before;
        }
    }
}
