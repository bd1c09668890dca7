namespace MetaService.ReliabilityTests.DamagedFiles;

/// <summary>
/// Bits that flip in the other files of a database. What is damaged is refused, at the start or when it is read; it is never
/// shown.
/// </summary>
public sealed class FileTests
{
    private const int Commits = 30;
    private const int Flips = 20;

    [Theory]
    [InlineData(DamagedStore.Manifest)]
    [InlineData(DamagedStore.Current)]
    [InlineData(DamagedStore.Table)]
    public async Task A_store_with_a_flipped_bit_shows_the_truth_or_refuses(string pattern)
    {
        var seed = Effort.FirstSeed;
        var random = new Random(seed);
        using var recorded = await RecordedStore.MakeAsync(random, Commits, longest: 3000, inTables: true);
        var isTable = pattern == DamagedStore.Table;
        var refused = 0;
        for (var i = 0; i < Effort.Times(Flips); i++)
        {
            var damaged = recorded.Copy();
            var file = damaged.Pick(pattern, random);
            var position = random.NextInt64(damaged.LengthOf(file));
            var bit = random.Next(8);
            var because = $"bit {bit} of byte {position} of {file}, {Effort.Repeat(seed)}";
            damaged.Flip(file, position, bit);

            (await damaged.ProblemAsync(recorded, () => damaged.Open(isTable))).Should().BeNull(because);
            if (damaged.IsRefused)
            {
                refused++;
                damaged.Flip(file, position, bit);
                (await damaged.ProblemAsync(recorded)).Should().BeNull(because);
                damaged.IsRefused.Should().BeFalse("with the bit put back all is well: {0}", because);
            }
        }

        refused.Should().BePositive();
        Figures.Add("bit flips", Effort.Times(Flips));
    }
}
