namespace MetaService.TestKit.Support;

/// <summary>A directory of its own that is removed with all that is in it, or that is kept in a cluster in its place.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("metaservice-api-").FullName;

    public void Dispose()
    {
        Directory.Delete(Path, recursive: true);
        TestCluster.ForgetAsync(Path).GetAwaiter().GetResult();
    }
}
