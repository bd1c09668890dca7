using MetaService.Bench.Load;
using MetaService.Bench.Processes;
using MetaService.Bench.Targets;

namespace MetaService.Bench.Workloads;

/// <summary>A load that can be repeated.</summary>
/// <param name="RunAsync">Loads; only this is measured.</param>
/// <param name="DefectAsync">Looks afterwards what became of it: what is wrong, or null.</param>
internal sealed record PreparedLoad(
    Func<CancellationToken, Task<LoadResult>> RunAsync,
    Func<LoadResult, CancellationToken, Task<string?>>? DefectAsync = null);

/// <summary>A load of what the server is compared with.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="Process">What is under load.</param>
/// <param name="RunAsync">Loads.</param>
internal sealed record PeerLoad(string Name, ChildProcess Process, Func<LoadShape, CancellationToken, Task<LoadResult>> RunAsync);

/// <summary>Something that the server does, and what to compare it with.</summary>
/// <param name="name">As in the table and for <c>--only</c>.</param>
internal abstract class Workload(string name, BenchContext context)
{
    public string Name => name;

    /// <summary>Processor time per request of the C++ service on its own machine, in milliseconds, where it is known.</summary>
    public double? ReferenceCpu { get; init; }

    /// <summary>What a request is, where that needs saying.</summary>
    public string? Note { get; init; }

    protected BenchContext Context => context;

    /// <summary>Puts into a fresh server what all loads need.</summary>
    public virtual Task PrepareAsync(MetaServer server, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Prepares the next load of the server.</summary>
    public abstract Task<PreparedLoad> NextAsync(MetaServer server, LoadShape shape, CancellationToken cancellationToken);

    /// <summary>Starts what the server is compared with, after <see cref="PrepareAsync"/>; null when there is nothing.</summary>
    public virtual Task<ITarget?> StartPeerAsync(MetaServer server, CancellationToken cancellationToken) =>
        Task.FromResult<ITarget?>(null);

    /// <summary>The loads of the peer that a load of the server is compared with, each by itself.</summary>
    public virtual IReadOnlyList<PeerLoad> PeerLoads(ITarget peer) =>
        throw new NotSupportedException($"{name} has no peer");
}

/// <summary>What workloads have in common.</summary>
/// <param name="Directory">For files of one run.</param>
/// <param name="EtcdProgram">Where etcd is; asked for by the first workload that compares with it.</param>
internal sealed record BenchContext(string Directory, Wrk Wrk, Func<Task<string>> EtcdProgram)
{
    /// <summary>A new directory.</summary>
    public string NewDirectory(string name) =>
        System.IO.Directory.CreateDirectory(Path.Combine(Directory, $"{name}-{Path.GetRandomFileName()}")).FullName;
}
