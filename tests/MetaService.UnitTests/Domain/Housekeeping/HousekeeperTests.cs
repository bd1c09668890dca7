using MetaService.Domain.Housekeeping;
using MetaService.Keys;
using MetaService.Records.Cloud;
using MetaService.Storage;
using Microsoft.Extensions.Time.Testing;

namespace MetaService.UnitTests.Domain.Housekeeping;

public sealed class HousekeeperTests : IDisposable
{
    private static readonly string[] Abc = ["a", "b", "c"];
    private static readonly string[] EachKind = ["", "normal", "dropped", "unknown"];

    private static readonly InstanceJump Running = new(KeySpace.TxnRunning);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly InMemoryKvStore _store;
    private readonly TransactionRunner _runner;
    private readonly List<string> _visited = [];

    public HousekeeperTests()
    {
        _store = new InMemoryKvStore(_time);
        _runner = new TransactionRunner(_store, _time);
    }

    public void Dispose() => _store.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Fact]
    public async Task Only_instances_with_keys_of_the_type_are_found()
    {
        // Keys before, behind and between those of the type, as a transaction that was finished or a label leaves them.
        await WriteAsync(
            KeySpace.TxnInfo.Encode("a", 1, 1),
            KeySpace.TxnRunning.Encode("b", 1, 1), KeySpace.TxnRunning.Encode("b", 2, 2), KeySpace.TxnInfo.Encode("b", 1, 1),
            KeySpace.TxnIndex.Encode("c", 1),
            KeySpace.TxnRunning.Encode("ca", 1, 1),
            KeySpace.TxnRunning.Encode("", 1, 1),
            KeySpace.RecycleTxn.Encode("d", 1, 1));

        (await WalkAsync(new InstanceWalk(_runner, Running))).Should().Equal("", "b", "ca");
        (await WalkAsync(new InstanceWalk(_runner, new InstanceJump(KeySpace.JobTablet)))).Should().BeEmpty();
    }

    [Fact]
    public async Task Many_instances_are_found_over_several_pages()
    {
        var ids = Enumerable.Range(0, 350).Select(i => $"i{i:000}").ToList();
        await WriteAsync([.. ids.SelectMany(id => new[] { KeySpace.JobTablet.Encode(id, 1, 2, 3, 4), KeySpace.JobCheck.Encode(id) })]);

        (await WalkAsync(new InstanceWalk(_runner, new InstanceJump(KeySpace.JobTablet)))).Should().Equal(ids);
    }

    [Fact]
    public async Task The_first_key_tells_whether_an_instance_matters()
    {
        await WriteAsync(
            KeySpace.TxnRunning.Encode("a", 1, 1), KeySpace.TxnRunning.Encode("a", 1, 9),
            KeySpace.TxnRunning.Encode("b", 1, 9), KeySpace.TxnRunning.Encode("b", 2, 1));

        var walk = new InstanceWalk(
            _runner, Running, pair => KeySpace.TxnRunning.TryParse(pair.Key, out var key) && key.Number("txn_id") == 9);

        (await WalkAsync(walk)).Should().Equal("b");
    }

    [Fact]
    public async Task Bytes_that_are_no_key_are_passed_over()
    {
        await WriteAsync(
            [.. KeySpace.TxnRunning.Range().Begin, 0x77],
            [.. KeySpace.TxnRunning.Range().Begin, 0xFE],
            KeySpace.TxnRunning.Encode("b", 1, 1));

        (await WalkAsync(new InstanceWalk(_runner, Running))).Should().Equal("b");
    }

    [Fact]
    public async Task Dropped_and_unknown_instances_are_for_tasks_that_concern_all()
    {
        await WriteAsync([.. EachKind.Select(id => KeySpace.TxnRunning.Encode(id, 1, 1))]);
        await WriteAsync(new InstanceInfoPB { InstanceId = "normal" });
        await WriteAsync(new InstanceInfoPB { InstanceId = "dropped", Status = InstanceInfoPB.Types.Status.Deleted });

        await RoundAsync(new HousekeepingTask("some", Running, VisitAsync));
        _visited.Should().Equal("normal");

        _visited.Clear();
        await RoundAsync(new HousekeepingTask("all", Running, VisitAsync) { ConcernsAll = true });
        _visited.Should().Equal("", "dropped", "normal", "unknown");
    }

    [Fact]
    public async Task A_step_is_repeated_while_it_finds_something_to_do()
    {
        await WriteAsync(KeySpace.TxnRunning.Encode("a", 1, 1));
        var left = 3;

        var done = await RoundAsync(new HousekeepingTask("all", Running, (_, _) => Task.FromResult(left > 0 ? left-- : 0))
        {
            ConcernsAll = true,
        });

        done.Should().Equal(new Dictionary<string, int> { ["all"] = 6 });
    }

    [Fact]
    public async Task A_failure_at_one_instance_does_not_spare_the_others()
    {
        await WriteAsync([.. Abc.Select(id => KeySpace.TxnRunning.Encode(id, 1, 1))]);

        var round = () => RoundAsync(new HousekeepingTask("all", Running, (id, token) =>
            id == "b" ? throw new InvalidDataException("a bad record") : VisitAsync(id, token))
        {
            ConcernsAll = true,
        });

        await round.Should().ThrowAsync<InvalidDataException>();
        _visited.Should().Equal("a", "c");
    }

    [Fact]
    public async Task A_task_that_is_seldom_due_is_left_out_of_rounds_in_between_on_whichever_server()
    {
        await WriteAsync(KeySpace.TxnRunning.Encode("a", 1, 1));
        var task = new HousekeepingTask("all", Running, VisitAsync) { ConcernsAll = true, Every = TimeSpan.FromHours(1) };

        await RoundAsync(task);
        _visited.Should().BeEmpty("of a new store nothing is old");
        _time.Advance(TimeSpan.FromHours(1));
        await RoundAsync(task);
        _visited.Should().Equal("a");
        _time.Advance(TimeSpan.FromMinutes(59));
        await RoundAsync(task);
        _visited.Should().Equal("a");
        _time.Advance(TimeSpan.FromMinutes(1));
        await RoundAsync(task);
        _visited.Should().Equal("a", "a");
    }

    [Fact]
    public async Task A_clock_that_is_set_back_does_not_put_a_task_off()
    {
        await WriteAsync(KeySpace.TxnRunning.Encode("a", 1, 1));
        var task = new HousekeepingTask("all", Running, VisitAsync) { ConcernsAll = true, Every = TimeSpan.FromHours(1) };
        _time.Advance(TimeSpan.FromDays(30));
        await RoundAsync(task);

        var earlier = new FakeTimeProvider(_time.GetUtcNow() - TimeSpan.FromDays(30));
        await Keeper(task, earlier).RunRoundAsync(default);

        _visited.Should().Equal("a");
    }

    private Task<int> VisitAsync(string instanceId, CancellationToken cancellationToken)
    {
        _visited.Add(instanceId);
        return Task.FromResult(0);
    }

    private async Task<IReadOnlyDictionary<string, int>?> RoundAsync(HousekeepingTask task) => await Keeper(task).RunRoundAsync(default);

    private Housekeeper Keeper(HousekeepingTask task, TimeProvider? time = null) =>
        new(_runner, new WorkLease(_runner, _time, Guid.NewGuid().ToString()), [task], time ?? _time, new HousekeepingOptions());

    private static async Task<List<string>> WalkAsync(InstanceWalk walk)
    {
        var found = new List<string>();
        for (byte[]? next = null; ;)
        {
            var page = await walk.NextAsync(next, default);
            found.AddRange(page.InstanceIds);
            if (page.Next is null)
            {
                return found;
            }

            next = page.Next;
        }
    }

    private Task WriteAsync(params byte[][] keys) => _runner.RunAsync(
        (transaction, _) =>
        {
            Array.ForEach(keys, key => transaction.Set(key, new byte[] { 0 }));
            return ValueTask.FromResult(true);
        },
        default);

    private Task WriteAsync(InstanceInfoPB instance) => _runner.RunAsync(
        (transaction, _) =>
        {
            transaction.Set(Key.Instance(instance.InstanceId).Bytes, Google.Protobuf.MessageExtensions.ToByteArray(instance));
            return ValueTask.FromResult(true);
        },
        default);
}
