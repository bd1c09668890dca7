using MetaService.Bench.Processes;

namespace MetaService.Bench.Targets;

/// <summary>A server under load.</summary>
internal interface ITarget : IAsyncDisposable
{
    Uri Address { get; }

    ChildProcess Process { get; }
}
