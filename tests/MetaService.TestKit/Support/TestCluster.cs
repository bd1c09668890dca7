using System.Collections.Concurrent;
using MetaService.Server.Settings;
using MetaService.Server.Stores;
using MetaService.Storage;

namespace MetaService.TestKit.Support;

/// <summary>
/// The FoundationDB cluster that an environment variable names. With it every server under test works on the cluster, each under
/// a key prefix of its own, instead of in memory or on a directory; that needs a build with -p:WithFoundationDb=true.
/// </summary>
public static class TestCluster
{
    private const string Variable = "METASERVICE_TEST_FDB_CLUSTER_FILE";

    private static readonly ConcurrentDictionary<string, string> PrefixesOfDirectories = new();

    /// <summary>The cluster file; null when there is no cluster to test on.</summary>
    public static string? ClusterFile { get; } =
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } file ? Path.GetFullPath(file) : null;

    /// <summary>Why a test that needs a cluster is skipped; null when it is not.</summary>
    public static string? SkipReason => ClusterFile is null ? $"needs a FoundationDB cluster: set {Variable}" : null;

    /// <summary>A key prefix that nothing else uses.</summary>
    public static string NewPrefix() => $"metaservice-test/{Guid.NewGuid():N}/";

    /// <summary>The key prefix that stands for a data directory, the same one for each server on that directory.</summary>
    public static string PrefixFor(string directory) => PrefixesOfDirectories.GetOrAdd(directory, _ => NewPrefix());

    /// <summary>Makes a server work on the cluster.</summary>
    public static void Use(ServerOptions options, string prefix)
    {
        options.Store = "foundationdb";
        options.FoundationDb.ClusterFile = ClusterFile ?? throw new InvalidOperationException(SkipReason);
        options.FoundationDb.KeyPrefix = prefix;
    }

    /// <summary>The same as settings of a server process, by the names of their environment variables.</summary>
    public static Dictionary<string, string> SettingsFor(string directory) => new()
    {
        ["STORE"] = "foundationdb",
        ["FOUNDATIONDB__CLUSTERFILE"] = ClusterFile ?? throw new InvalidOperationException(SkipReason),
        ["FOUNDATIONDB__KEYPREFIX"] = PrefixFor(directory),
        ["SECRETS__KEYS"] = TestSecrets.Keys,
    };

    /// <summary>The settings with which a command finds what is stored for a data directory; none when that is a directory.</summary>
    public static Dictionary<string, string> SettingsOf(string directory) => ClusterFile is null ? [] : SettingsFor(directory);

    /// <summary>Removes what was stored in place of a data directory, if anything was.</summary>
    public static Task ForgetAsync(string directory) =>
        PrefixesOfDirectories.TryRemove(directory, out var prefix) ? ClearAsync(prefix) : Task.CompletedTask;

    /// <summary>Removes all keys under a prefix.</summary>
    public static async Task ClearAsync(string prefix)
    {
        var options = new ServerOptions();
        Use(options, prefix);
        await using var store = await StoreFactory.OpenAsync(options, TimeProvider.System);
        await new TransactionRunner(store, TimeProvider.System).RunAsync((transaction, _) =>
        {
            transaction.ClearRange(Array.Empty<byte>(), new[] { KvLimits.ReservedFirstByte });
            return ValueTask.FromResult(true);
        });
    }
}

/// <summary>A test that needs a cluster.</summary>
public sealed class ClusterFactAttribute : FactAttribute
{
    public ClusterFactAttribute() => Skip = TestCluster.SkipReason;
}
