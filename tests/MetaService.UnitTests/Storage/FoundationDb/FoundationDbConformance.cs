using MetaService.Storage;
using MetaService.Storage.FoundationDb;
using MetaService.UnitTests.Storage.Conformance;

namespace MetaService.UnitTests.Storage.FoundationDb;

/// <summary>The conformance suite on a live cluster, under a key prefix that only this test has.</summary>
public sealed class FoundationDbConformance
{
    public static TheoryData<string> AllTests() => [.. SuiteRunner.TestNames];

    [ClusterTheory]
    [MemberData(nameof(AllTests))]
    public Task The_store_passes_the_suite(string test) => SuiteRunner.RunAsync(() => new Suite(TestCluster.Options()), test);

    [ClusterTheory]
    [MemberData(nameof(AllTests))]
    public Task The_store_passes_the_suite_without_a_key_prefix(string test) =>
        SuiteRunner.RunAsync(() => new Suite(TestCluster.Options(keyPrefix: "")), test);

    // Private, so that the test framework does not discover it and run it without a cluster.
    private sealed class Suite(FoundationDbKvStoreOptions options) : KvStoreConformance
    {
        protected override int MaxKeyBytes => KvLimits.KeyBytes - options.KeyPrefix.Length;

        protected override bool VersionsMayJump => false;

        protected override async ValueTask<IKvStore> OpenAsync() => await FoundationDbKvStore.OpenAsync(options);

        protected override Task LetTimePassAsync(TimeSpan time) => Task.Delay(time);
    }
}
