using System.Diagnostics;

namespace MetaService.TestKit.Support;

/// <summary>Waits for what happens at some time of its own.</summary>
public static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Returns as soon as the condition holds, and fails when it does not for a long time.</summary>
    public static async Task HoldsAsync(Func<Task<bool>> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Stopwatch.GetElapsedTime(started).Should().BeLessThan(Patience, $"it takes too long until {what}");
            await Task.Delay(10);
        }
    }

    /// <inheritdoc cref="HoldsAsync(Func{Task{bool}}, string)"/>
    public static Task HoldsAsync(Func<bool> condition, string what) => HoldsAsync(() => Task.FromResult(condition()), what);
}
