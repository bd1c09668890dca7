using System.Text;
using MetaService.Storage;

namespace MetaService.ReliabilityTests.DamagedFiles;

/// <summary>
/// The files of a store as a kill leaves them, with the length that the log had when each commit was acknowledged. Commit
/// <c>i</c> has written three keys of its own.
/// </summary>
internal sealed class RecordedStore : IDisposable
{
    private const int KeysPerCommit = 3;

    private readonly StoreDirectory _directory = new();
    private readonly string _files;
    private readonly List<long> _ends = [];
    private readonly List<Dictionary<string, string>> _commits = [];

    private RecordedStore() => _files = _directory.Sibling("recorded");

    /// <summary>How many commits were acknowledged.</summary>
    public int Commits => _commits.Count;

    /// <summary>Where the record of a commit begins in the log.</summary>
    public long Begin(int commit) => commit == 0 ? 0 : _ends[commit - 1];

    /// <summary>Where it ends: with a log of this length the commit was on disk.</summary>
    public long End(int commit) => _ends[commit];

    /// <param name="longest">Longest value; over 32 KiB a record is cut into pieces.</param>
    /// <param name="inTables">Whether to start and stop once more, which moves what the log holds into table files.</param>
    public static async Task<RecordedStore> MakeAsync(Random random, int commits, int longest, bool inTables = false)
    {
        var recorded = new RecordedStore();
        await using var store = recorded._directory.Open();
        for (var i = 0; i < commits; i++)
        {
            var written = Enumerable.Range(0, KeysPerCommit).ToDictionary(key => $"{i:d4}/{key}", _ => Value(random, longest));
            using var transaction = store.BeginTransaction();
            foreach (var (key, value) in written)
            {
                transaction.Set(StoreCalls.Bytes(key), StoreCalls.Bytes(value));
            }

            (await transaction.CommitAsync()).IsCommitted.Should().BeTrue();
            recorded._commits.Add(written);
            recorded._ends.Add(LengthOfLog(recorded._directory.Database));
        }

        recorded._directory.CopyAsAfterKill("recorded");
        if (inTables)
        {
            await StoreDirectory.Open(recorded._files).DisposeAsync();
            Directory.GetFiles(recorded._files, "*.sst", SearchOption.AllDirectories).Should().NotBeEmpty();
        }

        return recorded;
    }

    public void Dispose() => _directory.Dispose();

    /// <summary>A copy of the files, to be damaged, in the place of the copy before.</summary>
    public DamagedStore Copy()
    {
        var copy = _directory.Sibling("damaged");
        if (Directory.Exists(copy))
        {
            Directory.Delete(copy, recursive: true);
        }

        foreach (var file in Directory.EnumerateFiles(_files, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(copy, Path.GetRelativePath(_files, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return new DamagedStore(copy);
    }

    /// <summary>How many commits, from the first one on, a store holds whole and nothing besides; else what is wrong.</summary>
    public async Task<(int Whole, string? Problem)> CountAsync(IKvStore store)
    {
        using var reader = store.BeginRead();
        var found = (await reader.GetRangeAsync(Array.Empty<byte>(), new[] { KvLimits.ReservedFirstByte }))
            .Pairs.ToDictionary(p => Encoding.UTF8.GetString(p.Key), p => Encoding.UTF8.GetString(p.Value));
        var whole = _commits.TakeWhile(written => written.All(pair => found.GetValueOrDefault(pair.Key) == pair.Value)).Count();
        var extra = found.Keys.Except(_commits.Take(whole).SelectMany(written => written.Keys)).Order(StringComparer.Ordinal)
            .FirstOrDefault();
        return (whole, extra is null ? null : $"{whole} commits are whole, and yet there is {extra}");
    }

    /// <summary>The end of the records; zeros may follow where space was set aside. No value ends with a zero.</summary>
    private static long LengthOfLog(string database)
    {
        using var log = new FileStream(
            Directory.GetFiles(database, "*.log").Single(), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[log.Length];
        log.ReadExactly(bytes);
        return Array.FindLastIndex(bytes, b => b != 0) + 1;
    }

    private static string Value(Random random, int longest) =>
        string.Create(random.Next(longest), random, (text, random) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = (char)random.Next('!', '~');
            }
        });
}
