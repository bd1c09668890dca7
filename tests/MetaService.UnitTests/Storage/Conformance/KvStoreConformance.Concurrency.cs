using System.Globalization;
using MetaService.Storage;

namespace MetaService.UnitTests.Storage.Conformance;

public abstract partial class KvStoreConformance
{
    private TransactionRunner Runner => new(Store, TimeProvider.System, new() { Deadline = TimeSpan.FromMinutes(2) });

    [Fact]
    public async Task Concurrent_counters_lose_no_increment()
    {
        const int Tasks = 12;
        const int Increments = 20;
        var runner = Runner;

        await Task.WhenAll(Enumerable.Range(0, Tasks).Select(task => Task.Run(async () =>
        {
            for (var i = 0; i < Increments; i++)
            {
                await runner.RunAsync(async (transaction, _) =>
                {
                    await IncrementAsync(transaction, "total");
                    await Task.Yield();
                    return await IncrementAsync(transaction, $"task {task % 3}");
                });
            }
        })));

        (await StoredAsync()).Should().Equal(
            $"task 0={Tasks / 3 * Increments}", $"task 1={Tasks / 3 * Increments}", $"task 2={Tasks / 3 * Increments}",
            $"total={Tasks * Increments}");
    }

    /// <summary>
    /// Each key points to the next one of a ring. A transaction swaps two neighbours; any two that overlap without noticing each
    /// other break the ring into several, or into a tail and a loop.
    /// </summary>
    [Fact]
    public async Task Concurrent_permutations_keep_one_cycle()
    {
        const int Nodes = 10;
        const int Tasks = 8;
        const int Swaps = 20;
        var runner = Runner;
        await WriteAsync(transaction =>
        {
            for (var i = 0; i < Nodes; i++)
            {
                Set(transaction, Node(i), Node((i + 1) % Nodes));
            }
        });

        await Task.WhenAll(Enumerable.Range(0, Tasks).Select(task => Task.Run(async () =>
        {
            var random = new Random(task);
            for (var i = 0; i < Swaps; i++)
            {
                var first = Node(random.Next(Nodes));
                await runner.RunAsync(async (transaction, _) => await SwapAfterAsync(transaction, first));
                using var reader = Store.BeginRead();
                (await CycleLengthAsync(reader, Nodes)).Should().Be(Nodes, "every version holds one cycle");
            }
        })));

        using var end = Store.BeginRead();
        (await CycleLengthAsync(end, Nodes)).Should().Be(Nodes);
        (await StoredAsync()).Should().HaveCount(Nodes);
    }

    [Fact]
    public async Task Of_many_concurrent_creators_of_one_key_exactly_one_succeeds()
    {
        var runner = Runner;
        for (var round = 0; round < 10; round++)
        {
            var key = $"name {round}";
            var created = await Task.WhenAll(Enumerable.Range(0, 8).Select(task => Task.Run(() =>
                runner.RunAsync(async (transaction, _) =>
                {
                    if (await GetAsync(transaction, key) is not null)
                    {
                        return false;
                    }

                    await Task.Yield();
                    Set(transaction, key, $"{task}");
                    return true;
                }))));

            created.Count(success => success).Should().Be(1);
            (await StoredAsync(key)).Should().Be($"{Array.IndexOf(created, true)}");
        }
    }

    /// <summary>Each transaction adds a row only while the range is not full, so a missed phantom overfills it.</summary>
    [Fact]
    public async Task Concurrent_inserts_that_count_a_range_never_overfill_it()
    {
        const int Capacity = 25;
        const int Tasks = 8;
        var runner = Runner;
        await PutAllAsync([.. Enumerable.Range(1, Capacity - 1).Select(row => $"row {row:D2}")]);

        // Each of them sees the last place free before any of them takes it.
        var (readers, allHaveRead) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var inserted = await Task.WhenAll(Enumerable.Range(0, Tasks).Select(task => Task.Run(async () =>
        {
            var count = 0;
            for (var i = 0; i < 8; i++)
            {
                var row = $"row {task} {i}";
                var hasRead = i > 0;
                count += await runner.RunAsync(async (transaction, _) =>
                {
                    var rows = await GetRangeAsync(transaction, "row", "rox");
                    if (!hasRead)
                    {
                        hasRead = true;
                        if (Interlocked.Increment(ref readers) == Tasks)
                        {
                            allHaveRead.SetResult();
                        }

                        await allHaveRead.Task;
                    }

                    if (rows.Length >= Capacity)
                    {
                        return 0;
                    }

                    Set(transaction, row, "");
                    return 1;
                });
            }

            return count;
        })));

        inserted.Sum().Should().Be(1);
        (await StoredAsync()).Should().HaveCount(Capacity);
    }

    private async Task<int> IncrementAsync(IKvTransaction transaction, string key)
    {
        var value = await GetAsync(transaction, key);
        var next = (value is null ? 0 : int.Parse(value, CultureInfo.InvariantCulture)) + 1;
        Set(transaction, key, next.ToString(CultureInfo.InvariantCulture));
        return next;
    }

    private static string Node(int number) => $"{number:D2}";

    /// <summary>Turns first → a → b → c into first → b → a → c.</summary>
    private async Task<bool> SwapAfterAsync(IKvTransaction transaction, string first)
    {
        var a = (await GetAsync(transaction, first))!;
        await Task.Yield();
        var b = (await GetAsync(transaction, a))!;
        var c = (await GetAsync(transaction, b))!;
        Set(transaction, first, b);
        Set(transaction, b, a);
        Set(transaction, a, c);
        return true;
    }

    private async Task<int> CycleLengthAsync(IKvReader reader, int most)
    {
        var length = 0;
        var node = Node(0);
        do
        {
            node = (await GetAsync(reader, node))!;
            length++;
        }
        while (node != Node(0) && length <= most);

        return length;
    }
}
