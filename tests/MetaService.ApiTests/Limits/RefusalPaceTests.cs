using MetaService.Server.Limits;
using Microsoft.Extensions.Time.Testing;

namespace MetaService.ApiTests.Limits;

/// <summary>How fast refusals go out.</summary>
public sealed class RefusalPaceTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_few_go_out_at_once_and_a_flood_at_a_steady_pace()
    {
        var pace = new RefusalPace(1000, _time);
        var all = Enumerable.Range(0, 500).Select(_ => pace.WaitAsync(default).AsTask()).ToList();
        all.Count(t => t.IsCompleted).Should().BeInRange(45, 55);
        pace.Pausing.Should().Be(all.Count(t => !t.IsCompleted));
        for (var gone = 100; gone < 500; gone += 50)
        {
            _time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.WhenAll(all.Take(gone - 5));
            all.Skip(gone + 5).Should().OnlyContain(t => !t.IsCompleted);
        }

        _time.Advance(TimeSpan.FromMilliseconds(60));
        await Task.WhenAll(all);
        pace.Pausing.Should().Be(0);
    }

    [Fact]
    public async Task Nobody_pauses_longer_than_a_second_nor_more_than_fit_into_memory()
    {
        var pace = new RefusalPace(1000, _time);
        var all = Enumerable.Range(0, 10_000).Select(_ => pace.WaitAsync(default).AsTask()).ToList();
        pace.Pausing.Should().Be(RefusalPace.MaxPausing);
        _time.Advance(RefusalPace.MaxPause);
        await Task.WhenAll(all);
    }

    [Fact]
    public async Task Who_has_gone_pauses_no_longer()
    {
        var pace = new RefusalPace(1, _time);
        using var gone = new CancellationTokenSource();
        await pace.WaitAsync(default);
        var pausing = pace.WaitAsync(gone.Token).AsTask();
        pausing.IsCompleted.Should().BeFalse();
        await gone.CancelAsync();
        await pausing.Awaiting(t => t).Should().ThrowAsync<OperationCanceledException>();
        pace.Pausing.Should().Be(0);
    }
}
