namespace MetaService.ReliabilityTests.DamagedFiles;

/// <summary>Bits that flip in the other files of a database. What is damaged is refused, at the start or when it is read; it is never shown.</summary>
public sealed class FileTests
{
    private const int Commits = 30;
    private const int Flips = 20;

    [Theory]
    [InlineData(DamagedStore.Manifest)]
    [InlineData(DamagedStore.Current)]
    [InlineData(DamagedStore.Table)]
    public async Task A_store_with_a_flipped_bit_shows_the_truth_or_refuses(string file)
    {
        var seed = Effort.FirstSeed;
        var random = new Random(seed);
        using var recorded = await RecordedStore.MakeAsync(random, Commits, longest: 3000, inTables: true);
        var refused = 0;
        for (var i = 0; i < Effort.Times(Flips); i++)
        {
            var damaged = recorded.Copy();
            var position = random.NextInt64(damaged.LengthOf(file));
            damaged.Flip(file, position, random.Next(8));

            (await damaged.ProblemAsync(recorded)).Should().BeNull("byte {0} of {1}, {2}", position, file, Effort.Repeat(seed));
            refused += damaged.IsRefused ? 1 : 0;
        }

        refused.Should().BePositive();
        Figures.Add("bit flips", Effort.Times(Flips));
    }
}
