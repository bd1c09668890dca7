using Google.Protobuf;
using MetaService.Maintenance.Verification;
using MetaService.Storage;

namespace MetaService.TestKit.Support;

/// <summary>Looks at a store and writes to it behind the server's back.</summary>
public static class StoreContent
{
    private static readonly byte[] First = [];
    private static readonly byte[] AfterLast = [KvLimits.ReservedFirstByte];

    /// <summary>All pairs, keys in hex.</summary>
    public static async Task<Dictionary<string, byte[]>> AllAsync(IKvStore store)
    {
        using var reader = store.BeginRead();
        var range = await reader.GetRangeAsync(First, AfterLast);
        range.HasMore.Should().BeFalse();
        return range.Pairs.ToDictionary(p => Convert.ToHexStringLower(p.Key), p => p.Value);
    }

    /// <summary>Checks that a verification finds nothing wrong.</summary>
    public static async Task ShouldBeSoundAsync(IKvStore store)
    {
        var defects = new List<Defect>();
        await new StoreVerifier(new TransactionRunner(store, TimeProvider.System), TimeProvider.System).RunAsync(defects.Add);
        string.Join('\n', defects).Should().BeEmpty();
    }

    /// <summary>Leaves the store with these records only.</summary>
    public static async Task ReplaceAsync(IKvStore store, IEnumerable<KeyValuePair<string, IMessage>> records)
    {
        using var transaction = store.BeginTransaction();
        transaction.ClearRange(First, AfterLast);
        foreach (var (key, record) in records)
        {
            transaction.Set(Convert.FromHexString(key), record.ToByteArray());
        }

        var commit = await transaction.CommitAsync();
        commit.IsCommitted.Should().BeTrue(commit.Detail);
    }
}
