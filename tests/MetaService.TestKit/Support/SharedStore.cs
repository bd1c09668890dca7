using MetaService.Storage;

namespace MetaService.TestKit.Support;

/// <summary>A store as one of several servers on it sees it: its end is not the store's.</summary>
public sealed class SharedStore(IKvStore inner) : IKvStore
{
    public string Kind => inner.Kind;

    public bool CommitsCanBeUnknown => inner.CommitsCanBeUnknown;

    /// <summary>Whether it is as a store that other processes write to: it cannot tell what was written.</summary>
    public bool IsWrittenByOthers { get; init; }

    public WriteStamps? WriteStamps => IsWrittenByOthers ? null : inner.WriteStamps;

    public IKvTransaction BeginTransaction() => inner.BeginTransaction();

    public IKvReader BeginRead() => inner.BeginRead();

    public ValueTask<IReadOnlyList<byte[]>> GetRangeStartsAsync(CancellationToken cancellationToken = default) =>
        inner.GetRangeStartsAsync(cancellationToken);

    public ValueTask RaiseVersionAsync(long version, CancellationToken cancellationToken = default) =>
        inner.RaiseVersionAsync(version, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
