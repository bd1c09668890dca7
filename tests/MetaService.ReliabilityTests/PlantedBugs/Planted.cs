namespace MetaService.ReliabilityTests.PlantedBugs;

/// <summary>What the tests of planted mistakes share.</summary>
internal static class Planted
{
    public static Mistake Get(string name) => (Mistake)typeof(BadStores).GetProperty(name)!.GetValue(null)!;

    public static void ShouldBeFound(string? problem)
    {
        problem.Should().NotBeNullOrEmpty("the mistake that was put in must be found, {0}", Effort.Repeat(Effort.FirstSeed));
        Figures.Add("planted bugs caught", 1);
    }
}
