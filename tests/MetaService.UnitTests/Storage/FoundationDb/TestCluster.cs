using MetaService.Storage.FoundationDb;

namespace MetaService.UnitTests.Storage.FoundationDb;

/// <summary>The cluster that tests run on, which an environment variable names.</summary>
internal static class TestCluster
{
    private const string Variable = "METASERVICE_TEST_FDB_CLUSTER_FILE";

    /// <summary>Why tests that need a cluster are skipped; null when they are not.</summary>
    public static string? SkipReason { get; } = ClusterFile is null ? $"needs a FoundationDB cluster: set {Variable}" : null;

    private static string? ClusterFile => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } file ? file : null;

    /// <summary>Options for a store in the cluster.</summary>
    /// <param name="keyPrefix">The key prefix; null for one that nobody else has.</param>
    public static FoundationDbKvStoreOptions Options(string? keyPrefix = null) => new()
    {
        ClusterFile = ClusterFile ?? throw new InvalidOperationException(SkipReason),
        KeyPrefix = keyPrefix ?? $"metaservice-test/{Guid.NewGuid():N}/",
    };
}

/// <summary>A test that needs a cluster.</summary>
public sealed class ClusterFactAttribute : FactAttribute
{
    public ClusterFactAttribute() => Skip = TestCluster.SkipReason;
}

/// <summary>A test with several cases that needs a cluster.</summary>
public sealed class ClusterTheoryAttribute : TheoryAttribute
{
    public ClusterTheoryAttribute() => Skip = TestCluster.SkipReason;
}
