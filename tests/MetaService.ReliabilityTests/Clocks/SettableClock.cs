namespace MetaService.ReliabilityTests.Clocks;

/// <summary>
/// A clock that shows what a test says while time goes on: waits last as long as ever, as when somebody sets the clock of a
/// machine.
/// </summary>
internal sealed class SettableClock(DateTimeOffset now) : TimeProvider
{
    private long _ticks = now.UtcTicks;

    /// <summary>What the clock shows. It stands still until it is set again.</summary>
    public DateTimeOffset Now
    {
        get => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);
        set => Interlocked.Exchange(ref _ticks, value.UtcTicks);
    }

    public override DateTimeOffset GetUtcNow() => Now;
}
