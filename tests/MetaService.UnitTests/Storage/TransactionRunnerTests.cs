using MetaService.Storage;
using Microsoft.Extensions.Time.Testing;

namespace MetaService.UnitTests.Storage;

/// <summary>The retry loop with a clock under the test's control: what is tried again, how long, and after which pauses.</summary>
public sealed class TransactionRunnerTests : IDisposable
{
    private static readonly byte[] Key = "key"u8.ToArray();
    private static readonly byte[] Value = "value"u8.ToArray();

    // For calls that would wait for a clock that stands.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly InMemoryKvStore _store;

    public TransactionRunnerTests() => _store = new InMemoryKvStore(_time);

    public void Dispose() => _store.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task A_retry_limit_ends_the_attempts_before_the_deadline(int limit)
    {
        var runner = new TransactionRunner(_store, _time, new() { RetryLimit = limit });
        var (runs, reads) = (0, 0);

        var (thrown, _) = await RunToTheEndAsync(() => runner.RunAsync<int>((_, _) =>
        {
            runs++;
            throw new KvException(KvError.Unavailable, "always");
        }));
        var (thrownByRead, _) = await RunToTheEndAsync(() => runner.ReadAsync<int>((_, _) =>
        {
            reads++;
            throw new KvException(KvError.Unavailable, "always");
        }));

        thrown.Should().BeOfType<KvException>().Which.Error.Should().Be(KvError.Unavailable);
        thrownByRead.Should().BeOfType<KvException>().Which.Error.Should().Be(KvError.Unavailable);
        (runs, reads).Should().Be((limit + 1, limit + 1));
    }

    [Theory]
    [InlineData(KvError.Conflict)]
    [InlineData(KvError.TooOld)]
    [InlineData(KvError.Unavailable)]
    public async Task Failures_that_pass_are_tried_again_until_the_deadline(KvError error)
    {
        var deadline = TimeSpan.FromSeconds(3);
        var runner = new TransactionRunner(_store, _time, new() { Deadline = deadline });
        var runs = 0;

        var (thrown, elapsed) = await RunToTheEndAsync(() => runner.RunAsync<int>((_, _) =>
        {
            runs++;
            throw new KvException(error, "always");
        }));

        thrown.Should().BeOfType<KvException>().Which.Error.Should().Be(error);
        runs.Should().BeGreaterThan(10);
        elapsed.Should().BeGreaterThanOrEqualTo(deadline).And.BeLessThan(deadline + TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public async Task A_store_that_has_stopped_is_not_tried_again()
    {
        var runner = new TransactionRunner(_store, _time);
        await _store.DisposeAsync();

        var written = await RunToTheEndAsync(() => runner.RunAsync((transaction, token) => transaction.GetAsync(Key, false, token)));
        var read = await RunToTheEndAsync(() => runner.ReadAsync((reader, token) => reader.GetAsync(Key, false, token)));

        foreach (var (thrown, elapsed) in new[] { written, read })
        {
            thrown.Should().BeOfType<KvException>().Which.Should().Match<KvException>(e => e.Error == KvError.Unavailable && e.IsFinal);
            elapsed.Should().Be(TimeSpan.Zero);
        }
    }

    [Fact]
    public async Task Reads_are_tried_again_until_the_deadline_too()
    {
        var runner = new TransactionRunner(_store, _time, new() { Deadline = TimeSpan.FromSeconds(1) });

        var (thrown, elapsed) = await RunToTheEndAsync(() => runner.ReadAsync<int>((_, _) =>
            throw new KvException(KvError.Unavailable, "always")));

        thrown.Should().BeOfType<KvException>().Which.Error.Should().Be(KvError.Unavailable);
        elapsed.Should().BeCloseTo(TimeSpan.FromSeconds(1.15), TimeSpan.FromSeconds(0.15));
    }

    [Theory]
    [InlineData(KvError.TooLarge)]
    [InlineData(KvError.InvalidOperation)]
    [InlineData(KvError.CommitUnknown)]
    public async Task Failures_that_last_are_not_tried_again(KvError error)
    {
        var runs = 0;
        var runner = new TransactionRunner(_store, _time);

        var call = () => runner.RunAsync<int>((_, _) => Fail()).WaitAsync(Patience);
        var read = () => runner.ReadAsync<int>((_, _) => Fail()).WaitAsync(Patience);

        (await call.Should().ThrowAsync<KvException>()).Which.Error.Should().Be(error);
        (await read.Should().ThrowAsync<KvException>()).Which.Error.Should().Be(error);
        runs.Should().Be(2);

        ValueTask<int> Fail()
        {
            runs++;
            throw new KvException(error, "for good");
        }
    }

    [Fact]
    public async Task The_first_retry_is_immediate_and_later_ones_wait_on_the_time_provider()
    {
        var longest = TimeSpan.FromHours(1);
        var runs = 0;
        var runner = new TransactionRunner(
            _store, _time, new() { FirstBackoff = longest, MaxBackoff = longest, Deadline = TimeSpan.FromDays(1) });

        var running = runner.RunAsync((transaction, _) =>
        {
            transaction.Set(Key, Value);
            return ++runs < 3 ? throw new KvException(KvError.Unavailable, "twice") : ValueTask.FromResult(runs);
        });

        runs.Should().Be(2);
        running.IsCompleted.Should().BeFalse("the clock stands, so the pause does not end");
        _time.Advance(longest);
        (await running).Should().Be(3);
    }

    [Fact]
    public async Task Pauses_grow_up_to_their_ceiling()
    {
        List<DateTimeOffset> runs = [];
        var runner = new TransactionRunner(
            _store, _time, new() { FirstBackoff = TimeSpan.FromMilliseconds(10), MaxBackoff = TimeSpan.FromMilliseconds(100) });

        await RunToTheEndAsync(() => runner.RunAsync<int>((_, _) =>
        {
            runs.Add(_time.GetUtcNow());
            throw new KvException(KvError.Conflict, "always");
        }));

        var pauses = runs.Zip(runs.Skip(1), (earlier, later) => (later - earlier).TotalMilliseconds).ToList();
        pauses[0].Should().Be(0);
        pauses[1].Should().BeLessThanOrEqualTo(21);
        pauses[2].Should().BeLessThanOrEqualTo(41);
        pauses.Should().OnlyContain(pause => pause <= 101);
        pauses.Skip(4).Average().Should().BeInRange(30, 70, "full jitter waits half the ceiling on average");
    }

    [Fact]
    public async Task An_unknown_outcome_of_a_store_that_needs_no_marker_is_passed_on()
    {
        await using var store = new LosesReplies(_store);
        var runs = 0;

        var call = () => new TransactionRunner(store, _time).RunAsync((transaction, _) =>
        {
            runs++;
            transaction.Set(Key, Value);
            return ValueTask.FromResult(0);
        });

        (await call.Should().ThrowAsync<KvException>()).Which.Error.Should().Be(KvError.CommitUnknown);
        runs.Should().Be(1);
    }

    [Fact]
    public async Task An_outcome_that_stays_unknown_until_the_deadline_is_told_so()
    {
        await using var store = new FaultyKvStore(_store, seed: 1, new FaultRates { UnknownNotApplied = 1 });
        var runner = new TransactionRunner(store, _time, new() { Deadline = TimeSpan.FromSeconds(1) });
        var runs = 0;

        var (thrown, elapsed) = await RunToTheEndAsync(() => runner.RunAsync((transaction, _) =>
        {
            runs++;
            transaction.Set(Key, Value);
            return ValueTask.FromResult(0);
        }));

        thrown.Should().BeOfType<KvException>().Which.Error.Should().Be(KvError.CommitUnknown);
        runs.Should().Be(1, "the body must not run again while its first attempt may have been applied");
        elapsed.Should().BeLessThan(TimeSpan.FromSeconds(1.3));
    }

    [Fact]
    public async Task Who_knows_the_key_joins_the_turns_that_are_taken_there()
    {
        var runner = new TransactionRunner(_store, _time);
        var (held, released) = (new TaskCompletionSource(), new TaskCompletionSource());
        var runs = 0;
        var holder = runner.RunAsync(async (transaction, token) =>
        {
            await transaction.GetAsync(Key, cancellationToken: token);
            if (runs++ == 0)
            {
                await SetAsync("a rival"); // So that it runs again, in its turn.
            }
            else
            {
                held.SetResult();
                await released.Task;
            }

            transaction.Set(Key, "holder"u8.ToArray());
            return true;
        });
        await held.Task.WaitAsync(Patience);

        var joined = 0;
        var joining = runner.RunInTurnAsync(Key, async (transaction, token) =>
        {
            joined++;
            var seen = await transaction.GetAsync(Key, cancellationToken: token);
            transaction.Set(Key, Value);
            return seen;
        });
        var elsewhere = runner.RunInTurnAsync("other"u8.ToArray(), (_, _) => ValueTask.FromResult(true));
        await elsewhere.WaitAsync(Patience);
        joined.Should().Be(0);
        released.SetResult();

        (await joining.WaitAsync(Patience)).Should().Equal("holder"u8.ToArray());
        (await holder, joined).Should().Be((true, 1));
    }

    [Fact]
    public async Task Who_knows_the_key_does_not_wait_where_nobody_takes_turns()
    {
        var runner = new TransactionRunner(_store, _time);
        var released = new TaskCompletionSource();
        var first = runner.RunInTurnAsync(Key, async (transaction, _) =>
        {
            await released.Task;
            transaction.Set(Key, Value);
            return true;
        });

        (await runner.RunInTurnAsync(Key, (_, _) => ValueTask.FromResult(true)).WaitAsync(Patience)).Should().BeTrue();
        released.SetResult();
        (await first.WaitAsync(Patience)).Should().BeTrue();
    }

    [Fact]
    public async Task A_cancelled_pause_ends_the_call()
    {
        using var cancellation = new CancellationTokenSource();
        var runner = new TransactionRunner(_store, _time);

        var running = runner.RunAsync<int>((_, _) => throw new KvException(KvError.Unavailable, "always"), cancellation.Token);
        running.IsCompleted.Should().BeFalse();
        await cancellation.CancelAsync();

        await running.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>();
    }

    private async Task SetAsync(string value)
    {
        using var transaction = _store.BeginTransaction();
        transaction.Set(Key, System.Text.Encoding.UTF8.GetBytes(value));
        (await transaction.CommitAsync()).IsCommitted.Should().BeTrue();
    }

    /// <summary>Moves the clock on in small steps until the call ends; answers its exception and the time it took.</summary>
    private Task<(Exception? Thrown, TimeSpan Elapsed)> RunToTheEndAsync(Func<Task> call) =>
        Task.Run(() => RunWhileTimePassesAsync(call));

    private async Task<(Exception? Thrown, TimeSpan Elapsed)> RunWhileTimePassesAsync(Func<Task> call)
    {
        var started = _time.GetUtcNow();
        var running = call();
        while (!running.IsCompleted)
        {
            (_time.GetUtcNow() - started).Should().BeLessThan(TimeSpan.FromMinutes(1), "the call must come to an end");

            // Without a synchronization context a timer that fires runs the loop on within Advance, up to its next pause.
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        return (await Record.ExceptionAsync(() => running), _time.GetUtcNow() - started);
    }

    private sealed class LosesReplies(IKvStore inner) : KvStoreDecorator(inner)
    {
        public override IKvTransaction BeginTransaction() => new Transaction(Inner.BeginTransaction());

        private sealed class Transaction(IKvTransaction inner) : KvTransactionDecorator(inner)
        {
            public override ValueTask<KvCommit> CommitAsync(CancellationToken cancellationToken) =>
                ValueTask.FromResult(KvCommit.Failed(KvError.CommitUnknown, "the reply is lost"));
        }
    }
}
