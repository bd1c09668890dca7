using FoundationDB.Client;
using MetaService.Storage;
using MetaService.Storage.FoundationDb;

namespace MetaService.UnitTests.Storage.FoundationDb;

/// <summary>The table of error codes, held against FoundationDB's documentation of each code.</summary>
public sealed class FoundationDbErrorsTests
{
    // What the native client calls "retryable, not committed".
    private static readonly int[] CertainlyNotCommitted = [1007, 1009, 1020, 1037, 1038, 1042, 1051, 1078, 1213, 1223];

    // What it calls "maybe committed", and its own time-out, cancellation and lost connections, after which nobody knows either.
    private static readonly int[] MaybeCommitted = [1004, 1006, 1021, 1022, 1025, 1026, 1030, 1031, 1039, 1043, 1100, 1101, 1200];

    public static TheoryData<FdbError> AllCodes() => [.. Enum.GetValues<FdbError>().Distinct().Where(code => code != FdbError.Success)];

    [Theory]
    [InlineData(1020, KvError.Conflict)]
    [InlineData(1007, KvError.TooOld)]
    [InlineData(1009, KvError.Unavailable)]
    [InlineData(1037, KvError.Unavailable)]
    [InlineData(1038, KvError.Unavailable)]
    [InlineData(1042, KvError.Unavailable)]
    [InlineData(1051, KvError.Unavailable)]
    [InlineData(1078, KvError.Unavailable)]
    [InlineData(1213, KvError.Unavailable)]
    [InlineData(1223, KvError.Unavailable)]
    [InlineData(2101, KvError.TooLarge)]
    [InlineData(2102, KvError.TooLarge)]
    [InlineData(2103, KvError.TooLarge)]
    [InlineData(1036, KvError.InvalidOperation)]
    [InlineData(2004, KvError.InvalidOperation)]
    [InlineData(2005, KvError.InvalidOperation)]
    [InlineData(2017, KvError.InvalidOperation)]
    public void A_failure_that_applies_nothing_means_the_same_to_reads_and_commits(int code, KvError error) =>
        FoundationDbErrors.Of((FdbError)code).Should().Be(new FoundationDbOutcome(error, error));

    [Fact]
    public void A_lost_answer_leaves_a_commit_unknown_and_is_no_more_than_unavailable_to_a_read() =>
        MaybeCommitted.Should().AllSatisfy(code =>
            FoundationDbErrors.Of((FdbError)code).Should().Be(new FoundationDbOutcome(KvError.Unavailable, KvError.CommitUnknown)));

    [Theory]
    [MemberData(nameof(AllCodes))]
    public void Every_code_has_an_outcome_and_no_commit_is_taken_for_failed_without_reason(FdbError code)
    {
        var (read, commit) = FoundationDbErrors.Of(code);

        read.Should().NotBe(KvError.None).And.NotBe(KvError.CommitUnknown, "only a commit can be unknown");
        commit.Should().NotBe(KvError.None);
        if (commit is KvError.Conflict or KvError.TooOld or KvError.Unavailable)
        {
            // The runner runs these again, which would apply a change twice that had been applied.
            CertainlyNotCommitted.Concat([1225, 2104]).Should().Contain((int)code);
        }
    }

    [Theory]
    [InlineData(1235)]
    [InlineData(1999)]
    [InlineData(4711)]
    [InlineData(6999)]
    public void A_code_that_nobody_knows_yet_leaves_a_commit_unknown(int code) =>
        FoundationDbErrors.Of((FdbError)code).Should().Be(new FoundationDbOutcome(KvError.Unavailable, KvError.CommitUnknown));

    [Fact]
    public void The_message_names_the_code_and_says_what_it_means()
    {
        var failure = FoundationDbErrors.OfCommit(new FdbException(FdbError.DatabaseLocked, "Database is locked"));

        failure.Error.Should().Be(KvError.Unavailable);
        failure.Detail.Should().Be("FoundationDB error 1038: Database is locked");
    }
}
