using MetaService.Storage.RocksDb;

namespace MetaService.TestKit.Storage;

/// <summary>A data directory that goes away with the test.</summary>
public sealed class StoreDirectory : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("metaservice-test-").FullName;

    /// <summary>Does not exist at first.</summary>
    public string Path => System.IO.Path.Combine(_root, "data");

    public string Database => System.IO.Path.Combine(Path, "db");

    public string Sibling(string name) => System.IO.Path.Combine(_root, name);

    public RocksDbKvStore Open(TimeProvider? time = null) => Open(Path, time);

    public static RocksDbKvStore Open(string path, TimeProvider? time = null) =>
        RocksDbKvStore.Open(new RocksDbKvStoreOptions { Directory = path }, time ?? TimeProvider.System);

    /// <summary>What every file of the data directory holds, but for RocksDB's own lock and message log.</summary>
    public Dictionary<string, string> Contents() => Contents(Path);

    /// <inheritdoc cref="Contents()"/>
    public static Dictionary<string, string> Contents(string path) =>
        Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
            .Select(file => System.IO.Path.GetRelativePath(path, file))
            .Where(name => !name.StartsWith("db/LO", StringComparison.Ordinal))
            .ToDictionary(name => name, name => Convert.ToHexString(File.ReadAllBytes(System.IO.Path.Combine(path, name))));

    /// <summary>Copies the files as they are now, the way a killed process leaves them behind.</summary>
    public string CopyAsAfterKill(string name)
    {
        var target = Sibling(name);
        foreach (var file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories))
        {
            var copy = System.IO.Path.Combine(target, System.IO.Path.GetRelativePath(Path, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
            // Not File.Copy: it would ask for the lock that the owner of the directory holds.
            if (System.IO.Path.GetFileName(file) != "metaservice.lock")
            {
                File.Copy(file, copy);
            }
        }

        return target;
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
