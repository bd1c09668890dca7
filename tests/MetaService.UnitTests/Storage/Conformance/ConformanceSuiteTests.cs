using MetaService.Storage;
using Xunit.Sdk;

namespace MetaService.UnitTests.Storage.Conformance;

/// <summary>The suite itself under test: it passes a good store and finds the mistake of each broken one.</summary>
public sealed class ConformanceSuiteTests
{
    private static readonly (Func<IKvStore, IKvStore> Break, string FoundBy)[] Mistakes =
    [
        (BrokenStores.ForgetsPointConflicts, nameof(KvStoreConformance.A_write_to_a_key_that_was_read_conflicts)),
        (BrokenStores.ForgetsPointConflicts, nameof(KvStoreConformance.Concurrent_counters_lose_no_increment)),
        (BrokenStores.ForgetsPointConflicts, nameof(KvStoreConformance.Concurrent_permutations_keep_one_cycle)),
        (BrokenStores.ForgetsRangeConflicts, nameof(KvStoreConformance.A_write_in_a_range_that_was_read_conflicts)),
        (BrokenStores.ForgetsRangeConflicts, nameof(KvStoreConformance.Random_concurrent_transactions_equal_a_serial_execution)),
        (BrokenStores.MissesPhantoms, nameof(KvStoreConformance.An_insert_into_a_range_that_was_read_conflicts)),
        (BrokenStores.MissesPhantoms, nameof(KvStoreConformance.Concurrent_inserts_that_count_a_range_never_overfill_it)),
        (BrokenStores.ForgetsDeclaredConflicts, nameof(KvStoreConformance.A_key_that_was_declared_as_read_conflicts)),
        (BrokenStores.ForgetsDeclaredConflicts, nameof(KvStoreConformance.A_range_that_was_declared_as_read_conflicts)),
        (BrokenStores.ConflictsOnTheWholeRange,
         nameof(KvStoreConformance.A_limited_range_read_conflicts_only_in_the_extent_read)),
        (BrokenStores.ConflictsOnSnapshotReads, nameof(KvStoreConformance.A_snapshot_read_of_a_key_does_not_conflict)),
        (BrokenStores.ConflictsOnSnapshotReads, nameof(KvStoreConformance.A_snapshot_read_of_a_range_does_not_conflict)),
        (BrokenStores.ConflictsOnBlindWrites, nameof(KvStoreConformance.Blind_writes_of_one_key_do_not_conflict)),
        (BrokenStores.IsOnlySnapshotIsolated, nameof(KvStoreConformance.Write_skew_is_prevented)),
        (BrokenStores.IsOnlySnapshotIsolated, nameof(KvStoreConformance.Write_skew_on_single_keys_is_prevented)),
        (BrokenStores.IsOnlySnapshotIsolated, nameof(KvStoreConformance.Random_concurrent_transactions_equal_a_serial_execution)),
        (BrokenStores.ShowsLaterCommitsToReaders, nameof(KvStoreConformance.A_reader_sees_one_version)),
        (BrokenStores.ShowsLaterCommitsToTransactions, nameof(KvStoreConformance.A_transaction_sees_one_version)),
        (BrokenStores.IgnoresOwnWrites, nameof(KvStoreConformance.A_transaction_reads_its_own_set)),
        (BrokenStores.IgnoresOwnWrites, nameof(KvStoreConformance.Random_writes_and_reads_of_one_transaction_match_the_model)),
        (BrokenStores.LosesClearRange, nameof(KvStoreConformance.A_transaction_reads_its_own_clear_range)),
        (BrokenStores.IgnoresTheLimitInReverse,
         nameof(KvStoreConformance.A_limit_counts_the_transactions_own_writes_and_not_what_it_cleared)),
        (BrokenStores.ReversesAfterTheLimit,
         nameof(KvStoreConformance.A_limit_counts_the_transactions_own_writes_and_not_what_it_cleared)),
        (BrokenStores.NeverHasMore,
         nameof(KvStoreConformance.A_limit_counts_the_transactions_own_writes_and_not_what_it_cleared)),
        (BrokenStores.DropsSomeCommits, nameof(KvStoreConformance.Concurrent_counters_lose_no_increment)),
        (BrokenStores.DropsSomeCommits, nameof(KvStoreConformance.Random_concurrent_transactions_equal_a_serial_execution)),
        (BrokenStores.AddsByReadingAndWriting, nameof(KvStoreConformance.Concurrent_additions_do_not_conflict_and_none_is_lost)),
        (BrokenStores.RepeatsVersionstamps, nameof(KvStoreConformance.Versionstamps_of_sequential_commits_strictly_increase)),
        (BrokenStores.RepeatsVersionstamps,
         nameof(KvStoreConformance.Versionstamps_of_concurrent_commits_are_unique_and_written_as_returned)),
        (BrokenStores.AnswersAnotherVersionstamp, nameof(KvStoreConformance.A_versionstamp_lands_in_the_value_at_its_offset)),
        (BrokenStores.ForgetsToNoteWrites, nameof(KvStoreConformance.A_key_that_was_written_is_not_told_to_be_unwritten)),
        (BrokenStores.ForgetsToNoteWrites, nameof(KvStoreConformance.What_is_unwritten_is_never_older_than_an_acknowledged_commit)),
        (BrokenStores.CommitsOnDispose,
         nameof(KvStoreConformance.A_transaction_that_is_disposed_without_a_commit_leaves_nothing)),
        (BrokenStores.CutsLongValues, nameof(KvStoreConformance.A_value_of_100_000_bytes_is_fine_and_a_longer_one_is_refused)),
        (BrokenStores.TakesEmptyForAbsent, nameof(KvStoreConformance.An_empty_value_is_not_an_absent_one)),
    ];

    public static TheoryData<string, string> BrokenStoresAndTests()
    {
        var data = new TheoryData<string, string>();
        foreach (var (breakIt, foundBy) in Mistakes)
        {
            data.Add(breakIt.Method.Name, foundBy);
        }

        return data;
    }

    public static TheoryData<string> AllTests() => [.. SuiteRunner.TestNames];

    [Theory]
    [MemberData(nameof(BrokenStoresAndTests))]
    public async Task The_suite_finds_a_broken_store(string store, string test)
    {
        var (breakIt, _) = Mistakes.First(mistake => mistake.Break.Method.Name == store);

        (await SuiteRunner.RunAsync(breakIt, test)).Should().BeOfType<XunitException>("an assertion must notice that it {0}", store);
    }

    [Theory]
    [InlineData(nameof(KvStoreConformance.A_read_is_refused_when_its_version_is_too_old))]
    [InlineData(nameof(KvStoreConformance.A_commit_is_refused_when_the_version_it_read_is_too_old))]
    public async Task The_suite_finds_a_store_whose_versions_never_get_too_old(string test) =>
        (await SuiteRunner.RunAsync(store => store, test, clockStands: true)).Should().BeOfType<XunitException>();

    [Theory]
    [MemberData(nameof(AllTests))]
    public async Task The_suite_passes_an_unbroken_store(string test) =>
        (await SuiteRunner.RunAsync(store => store, test)).Should().BeNull();
}
