using MetaService.Keys;
using MetaService.Storage;
using MetaService.Storage.RocksDb;

namespace MetaService.ApiTests.Canary;

/// <summary>Searches what lies on disk.</summary>
public static class CanaryFiles
{
    // Tables are compressed, and logs have a head every 32 KiB; what a canary is cut off by is found in the other, or in the store.
    private static readonly string[] InPieces = [".sst", ".log"];

    /// <summary>Every file below a directory as it is: logs, tables, manifest, locks, keys.</summary>
    public static void SearchFiles(CanaryWatch watch, string directory)
    {
        foreach (var path in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            Action<CanaryChannel, string, byte[]> see = InPieces.Contains(KindOf(path)) ? watch.SeePieces : watch.See;
            see(CanaryChannel.Data, KindOf(path), File.ReadAllBytes(path));
        }
    }

    /// <summary>
    /// Every key and value of a store that nobody uses: in tables the values are compressed, and a text in them need not be found.
    /// </summary>
    public static async Task SearchStoreAsync(CanaryWatch watch, string directory)
    {
        await using var store = Open(directory);
        using var reader = store.BeginRead();
        var (begin, end) = (Array.Empty<byte>(), new[] { KvLimits.ReservedFirstByte });
        for (var hasMore = true; hasMore;)
        {
            var range = await reader.GetRangeAsync(begin, end);
            foreach (var (key, value) in range.Pairs)
            {
                var type = KeySpace.TryParse(key, out var parsed, out _) ? parsed.Definition.Name : "unknown key";
                watch.See(CanaryChannel.Data, type, key);
                watch.See(type == KeySpace.Audit.Name ? CanaryChannel.Audit : CanaryChannel.Data, type, value);
                begin = [.. key, 0];
            }

            hasMore = range.HasMore;
        }
    }

    /// <summary>Leaves nodes without the records that lead to their instance, and records that lead nowhere.</summary>
    public static async Task DamageAsync(string directory, params string[] nodes)
    {
        await using var store = Open(directory);
        using var transaction = store.BeginTransaction();
        foreach (var node in nodes)
        {
            transaction.Clear(Key.NodeOwner(node).Bytes);
            transaction.Set(Key.NodeOwner(node + "x").Bytes, await transaction.GetAsync(Key.NodeOwner(node).Bytes) ?? [1, 2, 3]);
        }

        (await transaction.CommitAsync()).IsCommitted.Should().BeTrue();
    }

    private static RocksDbKvStore Open(string directory) =>
        RocksDbKvStore.Open(new RocksDbKvStoreOptions { Directory = directory }, TimeProvider.System);

    private static string KindOf(string path)
    {
        var name = Path.GetFileName(path);
        return Path.GetExtension(name) is { Length: > 1 } extension ? extension : name;
    }
}
