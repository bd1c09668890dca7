using MetaService.Storage;

namespace MetaService.ReliabilityTests;

/// <summary>
/// A store that can be put in the place of another under a running server. The stores put in are not closed with it.
/// </summary>
internal sealed class SwitchableStore(IKvStore first) : IKvStore
{
    public IKvStore Current { get; set; } = first;

    public string Kind => Current.Kind;

    public bool CommitsCanBeUnknown => Current.CommitsCanBeUnknown;

    public IKvTransaction BeginTransaction() => Current.BeginTransaction();

    public IKvReader BeginRead() => Current.BeginRead();

    public ValueTask RaiseVersionAsync(long version, CancellationToken cancellationToken) =>
        Current.RaiseVersionAsync(version, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
