using System.Text;
using MetaService.Storage;

namespace MetaService.UnitTests.Storage;

/// <summary>What a trace tells of a reading.</summary>
public sealed class ReadTraceTests : IDisposable
{
    private readonly InMemoryKvStore _store = new(TimeProvider.System);
    private readonly ReadTrace _trace = new();
    private readonly TransactionRunner _runner;

    public ReadTraceTests() => _runner = new TransactionRunner(_store, TimeProvider.System);

    public void Dispose() => _store.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Theory]
    [InlineData("a", false)]
    [InlineData("absent", false)]
    [InlineData("unread", true)]
    public async Task A_write_to_any_key_that_was_read_is_noticed(string written, bool isCurrent)
    {
        await PutAsync("a");
        await ReadAsync("a", "absent");
        IsCurrent().Should().BeTrue();
        await PutAsync(written);
        IsCurrent().Should().Be(isCurrent);
    }

    [Fact]
    public async Task A_read_of_a_range_leaves_no_whole_trace()
    {
        await _runner.ReadAsync((reader, token) => reader.GetRangeAsync(Key("a"), Key("b"), default, token), _trace, default);
        _trace.Places.Should().BeNull();
    }

    [Fact]
    public async Task A_reading_of_very_many_keys_leaves_no_whole_trace()
    {
        await ReadAsync([.. Enumerable.Range(0, ReadTrace.MaxKeys).Select(n => $"k{n}")]);
        _trace.Places.Should().HaveCount(ReadTrace.MaxKeys);
        await ReadAsync([.. Enumerable.Range(0, ReadTrace.MaxKeys + 1).Select(n => $"k{n}")]);
        _trace.Places.Should().BeNull();
    }

    [Fact]
    public async Task A_reading_that_was_tried_again_is_told_as_the_last_attempt_read_it()
    {
        var attempts = 0;
        await _runner.ReadAsync(
            async (reader, token) =>
            {
                await reader.GetAsync(Key($"attempt{++attempts}"), cancellationToken: token);
                if (attempts == 1)
                {
                    await reader.GetRangeAsync(Key("a"), Key("b"), default, token);
                    await PutAsync("a");
                    throw new KvException(KvError.TooOld, "too old");
                }

                return true;
            },
            _trace,
            default);

        _trace.Places.Should().Equal(WriteStamps.PlaceOf(Key("attempt2")));
        using var newest = _store.BeginRead();
        _trace.Version.Should().Be(await newest.GetReadVersionAsync());
    }

    private static byte[] Key(string key) => Encoding.UTF8.GetBytes(key);

    private bool IsCurrent() => _store.WriteStamps.AreUnwrittenSince(_trace.Version, _trace.Places);

    private Task ReadAsync(params string[] keys) => _runner.ReadAsync(
        async (reader, token) =>
        {
            foreach (var key in keys)
            {
                await reader.GetAsync(Key(key), cancellationToken: token);
            }

            return true;
        },
        _trace,
        default);

    private Task PutAsync(string key) => _runner.RunAsync((transaction, _) =>
    {
        transaction.Set(Key(key), Key("value"));
        return ValueTask.FromResult(true);
    });
}
