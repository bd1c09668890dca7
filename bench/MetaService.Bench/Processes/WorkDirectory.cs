namespace MetaService.Bench.Processes;

/// <summary>A directory for everything that a run leaves behind; removed in the end.</summary>
internal sealed class WorkDirectory : IDisposable
{
    public WorkDirectory(string? parent)
    {
        Path = parent is null
            ? Directory.CreateTempSubdirectory("metaservice-bench-").FullName
            : Directory.CreateDirectory(System.IO.Path.Combine(System.IO.Path.GetFullPath(parent), $"metaservice-bench-{Environment.ProcessId}")).FullName;
    }

    public string Path { get; }

    /// <summary>A new directory in it.</summary>
    public string New(string name) =>
        Directory.CreateDirectory(System.IO.Path.Combine(Path, $"{name}-{System.IO.Path.GetRandomFileName()}")).FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
