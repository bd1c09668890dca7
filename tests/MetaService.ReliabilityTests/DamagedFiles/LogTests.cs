namespace MetaService.ReliabilityTests.DamagedFiles;

/// <summary>A write-ahead log that was cut off or spoilt.</summary>
public sealed class LogTests
{
    private const int Commits = 40;
    private const int Cuts = 25;
    private const int Flips = 30;
    private const int Holes = 10;

    [Theory]
    [InlineData(200)]
    [InlineData(60_000)]
    public async Task A_log_cut_anywhere_holds_the_commits_acknowledged_before_the_cut(int longest)
    {
        var seed = Effort.FirstSeed;
        var random = new Random(seed);
        using var recorded = await RecordedStore.MakeAsync(random, Commits, longest);
        for (var i = 0; i < Effort.Times(Cuts); i++)
        {
            var commit = random.Next(Commits);
            var length = random.NextInt64(recorded.Begin(commit), recorded.End(commit) + 1);
            var acknowledged = length == recorded.End(commit) ? commit + 1 : commit;
            var damaged = recorded.Copy();
            damaged.CutLog(length);

            await using var store = damaged.Open();

            store.Should().NotBeNull("a log of {0} bytes is one that a kill may leave, {1}", length, Effort.Repeat(seed));
            (await recorded.CountAsync(store!)).Should().Be(
                (acknowledged, null), "the log has {0} bytes, {1}", length, Effort.Repeat(seed));
        }

        Figures.Add("log cuts", Effort.Times(Cuts));
    }

    /// <summary>
    /// Also in the last record: that it was acknowledged cannot be told from the log alone, but what a kill leaves looks
    /// otherwise.
    /// </summary>
    [Theory]
    [InlineData(200)]
    [InlineData(60_000)]
    public async Task A_bit_that_flips_anywhere_is_noticed(int longest)
    {
        var seed = Effort.FirstSeed;
        var random = new Random(seed);
        using var recorded = await RecordedStore.MakeAsync(random, Commits, longest);
        for (var i = 0; i < Effort.Times(Flips); i++)
        {
            // Every other one in a header, where most can be spoilt.
            var commit = random.Next(Commits);
            var record = recorded.Begin(commit);
            var position = random.Next(2) == 0 ? record + random.Next(8) : random.NextInt64(record, recorded.End(commit));
            var bit = random.Next(8);
            var damaged = recorded.Copy();
            damaged.Flip(DamagedStore.Log, position, bit);

            (await damaged.ProblemAsync(recorded)).Should().BeNull(
                "bit {0} of byte {1}, {2}", bit, position, Effort.Repeat(seed));
        }

        Figures.Add("bit flips", Effort.Times(Flips));
    }

    [Fact]
    public async Task A_hole_in_the_log_is_noticed()
    {
        var seed = Effort.FirstSeed;
        var random = new Random(seed);
        using var recorded = await RecordedStore.MakeAsync(random, Commits, longest: 3000);
        for (var i = 0; i < Effort.Times(Holes); i++)
        {
            var first = random.Next(Commits - 1);
            var position = random.NextInt64(recorded.Begin(first), recorded.End(first));
            var length = random.NextInt64(1, recorded.End(Commits - 2) - position + 1);
            var damaged = recorded.Copy();
            damaged.Fill(DamagedStore.Log, position, (int)length, value: (byte)(random.Next(2) * 0xFF));

            await using var store = damaged.Open();

            store.Should().BeNull("{0} bytes from {1} on are gone, {2}", length, position, Effort.Repeat(seed));
        }

        Figures.Add("holes in logs", Effort.Times(Holes));
    }
}
