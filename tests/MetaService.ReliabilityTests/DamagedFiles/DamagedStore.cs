using MetaService.Storage;
using MetaService.Storage.RocksDb;

namespace MetaService.ReliabilityTests.DamagedFiles;

/// <summary>Files of a store that a test damages and then opens.</summary>
internal sealed class DamagedStore(string path)
{
    public const string Log = "*.log";
    public const string Manifest = "MANIFEST-*";
    public const string Current = "CURRENT";
    public const string Table = "*.sst";

    /// <summary>One of the files of the database that fit a pattern.</summary>
    public string Pick(string pattern, Random random)
    {
        var files = Directory.GetFiles(Path.Combine(path, "db"), pattern).Order(StringComparer.Ordinal).ToList();
        return Path.GetFileName(files[random.Next(files.Count)]);
    }

    public long LengthOf(string file)
    {
        using var stream = OpenFile(file);
        return stream.Length;
    }

    public void CutLog(long length)
    {
        using var log = OpenFile(Log);
        log.SetLength(length);
    }

    /// <param name="file">The name of a file of the database, or a pattern that only one fits.</param>
    public void Flip(string file, long position, int bit)
    {
        using var stream = OpenFile(file);
        stream.Position = position;
        var value = stream.ReadByte();
        stream.Position = position;
        stream.WriteByte((byte)(value ^ (1 << bit)));
    }

    /// <param name="file">The name of a file of the database, or a pattern that only one fits.</param>
    public void Fill(string file, long position, int length, byte value)
    {
        using var stream = OpenFile(file);
        stream.Position = position;
        stream.Write(Enumerable.Repeat(value, length).ToArray());
    }

    /// <summary>Opens it; null when it is refused with a sentence that says what to do.</summary>
    /// <param name="mayTouch">
    /// Whether files may have changed when it is refused: damage that only a read of a table shows is met when RocksDB has opened
    /// already.
    /// </param>
    public RocksDbKvStore? Open(bool mayTouch = false)
    {
        var before = Files();
        try
        {
            return StoreDirectory.Open(path);
        }
        catch (StoreOpenException e)
        {
            e.Message.Should().Contain(path).And.Contain("restore");
            if (!mayTouch)
            {
                Files().Except(before).Select(file => file.Key).Should().BeEmpty("a refusal changes no file");
                before.Except(Files()).Select(file => file.Key).Should().BeEmpty("a refusal removes no file");
            }

            return null;
        }
    }

    /// <summary>Whether the start or a read was refused.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>
    /// What is wrong when it is opened and read: null when it is refused, or when all that was acknowledged is there, since what
    /// was damaged says nothing, such as the empty end of a block.
    /// </summary>
    /// <param name="open">Opens it; null for a refusal.</param>
    public async Task<string?> ProblemAsync(RecordedStore recorded, Func<RocksDbKvStore?>? open = null)
    {
        await using var store = open is null ? Open() : open();
        IsRefused = store is null;
        try
        {
            var (whole, problem) = store is null ? (recorded.Commits, null) : await recorded.CountAsync(store);
            return (whole, problem) == (recorded.Commits, null)
                ? null
                : $"of {recorded.Commits} commits {whole} are there; {problem}";
        }
        catch (KvException e) when (e.Error == KvError.Unavailable)
        {
            IsRefused = true;
            return null;
        }
    }

    /// <summary>The files without the note of which process is the owner.</summary>
    private Dictionary<string, string> Files() =>
        StoreDirectory.Contents(path)
            .Where(file => !file.Key.StartsWith("metaservice.", StringComparison.Ordinal)).ToDictionary();

    private FileStream OpenFile(string file) =>
        new(Directory.GetFiles(Path.Combine(path, "db"), file).Single(), FileMode.Open, FileAccess.ReadWrite);
}
