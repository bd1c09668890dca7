namespace MetaService.ReliabilityTests.Linearizability;

/// <summary>The checker itself, on histories written by hand: what it accepts and what it does not.</summary>
public sealed class CheckerTests
{
    private static readonly Call Create = new(Endpoint.CreateInstance, "w-a", Name: "first");
    private static readonly Call Rename = new(Endpoint.RenameInstance, "w-a", Name: "second");
    private static readonly Call RenameAgain = new(Endpoint.RenameInstance, "w-a", Name: "third");
    private static readonly Call Get = new(Endpoint.GetInstance, "w-a");

    [Fact]
    public void A_read_sees_what_was_written_before_it() => Judge(
        Done(1, 2, Create, "200"), Done(3, 4, Rename, "200"), Done(5, 6, Get, Shows("second"))).Should().BeNull();

    [Fact]
    public void A_read_that_shows_an_older_state_is_found() => Judge(
        Done(1, 2, Create, "200"), Done(3, 4, Rename, "200"), Done(5, 6, Get, Shows("first"))).Should().Contain("GetInstance");

    [Theory]
    [InlineData("first")]
    [InlineData("second")]
    public void A_read_beside_a_write_may_see_either_state(string name) => Judge(
        Done(1, 2, Create, "200"), Done(3, 6, Rename, "200"), Done(4, 5, Get, Shows(name))).Should().BeNull();

    [Fact]
    public void Reads_that_go_back_in_time_are_found() => Judge(
        Done(1, 2, Create, "200"), Done(3, 10, Rename, "200"), Done(4, 5, Get, Shows("second")), Done(6, 7, Get, Shows("first")))
        .Should().NotBeNull();

    [Fact]
    public void Two_winners_of_one_race_are_found() => Judge(
        Done(1, 4, Create, "200"), Done(2, 3, Create with { Name = "other" }, "200")).Should().NotBeNull();

    [Fact]
    public void A_loser_without_a_winner_is_found() => Judge(Done(1, 2, Create, ApiModel.Exists)).Should().NotBeNull();

    [Fact]
    public void A_write_of_unknown_outcome_may_have_happened() => Judge(
        Done(1, 2, Create, "200"), Unknown(3, Rename), Done(4, 5, Get, Shows("second"))).Should().BeNull();

    [Fact]
    public void A_write_of_unknown_outcome_may_happen_later() => Judge(
        Done(1, 2, Create, "200"), Unknown(3, Rename), Done(4, 5, Get, Shows("first")), Done(6, 7, Get, Shows("second")))
        .Should().BeNull();

    [Fact]
    public void A_write_of_unknown_outcome_may_never_have_happened() => Judge(
        Done(1, 2, Create, "200"), Unknown(3, Rename), Done(4, 5, RenameAgain, "200"), Done(6, 7, Get, Shows("third")))
        .Should().BeNull();

    [Fact]
    public void A_write_of_unknown_outcome_does_not_happen_twice() => Judge(
        Done(1, 2, Create, "200"), Unknown(3, Rename), Done(4, 5, Get, Shows("second")), Done(6, 7, RenameAgain, "200"),
        Done(8, 9, Get, Shows("second"))).Should().NotBeNull();

    [Fact]
    public void A_write_of_unknown_outcome_does_not_happen_before_it_was_made() => Judge(
        Done(1, 2, Create, "200"), Done(3, 4, Get, Shows("second")), Unknown(5, Rename)).Should().NotBeNull();

    [Fact]
    public void Many_writes_of_unknown_outcome_do_not_wear_the_search_out()
    {
        var entries = new List<Entry> { Done(1, 2, Create, "200") };
        for (var i = 0; i < 40; i++)
        {
            entries.Add(Unknown(3 + i, Rename with { Name = $"lost{i}" }));
        }

        for (var i = 0; i < 40; i++)
        {
            entries.Add(Done(100 + (2 * i), 101 + (2 * i), Get, Shows(i < 20 ? "first" : "lost7")));
        }

        var verdict = LinearizabilityChecker.Check(entries);
        verdict.Problem.Should().BeNull();
        verdict.Configurations.Should().BeLessThan(100_000);
    }

    private static string? Judge(params Entry[] entries) => LinearizabilityChecker.Check(entries).Problem;

    private static string Shows(string name) => $"200 {name} NORMAL ";

    private static Entry Done(long invoked, long returned, Call call, string answer) => new(0, call, invoked, returned, answer);

    private static Entry Unknown(long invoked, Call call) => new(0, call, invoked, Entry.Never, null);
}
